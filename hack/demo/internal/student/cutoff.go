package student

import (
	"context"
	"fmt"
	"net"
	"net/url"
	"time"
)

// cutOff begins to send a save and closes the connection in the middle of the body,
// as a telephone does that loses its network. Nothing of it may be stored.
func cutOff(ctx context.Context, base, formKey string, save int) {
	address, err := url.Parse(base)
	if err != nil {
		return
	}
	dialer := net.Dialer{Timeout: 5 * time.Second}
	conn, err := dialer.DialContext(ctx, "tcp", address.Host)
	if err != nil {
		return // the network was lost a little earlier
	}
	defer conn.Close()
	body := fmt.Sprintf(`{"formKey":%q,"save":%d,"answers":[{"instrument":"phq-9","item":"q1","va`, formKey, save)
	fmt.Fprintf(conn, "POST /api/v1/answers HTTP/1.1\r\nHost: %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s",
		address.Host, len(body)+200, body)
}
