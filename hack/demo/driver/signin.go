package driver

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"

	"github.com/evenkeel/evenkeel/hack/demo/internal/duty"
	"github.com/evenkeel/evenkeel/hack/demo/internal/stage"
)

// signInAll has everybody on duty sign in with a browser once: worklist, issuer, a
// click on the own name, back to the worklist.
func (d *Demo) signInAll(ctx context.Context) error {
	for _, district := range stage.Districts {
		for _, person := range district.Client().OnDuty() {
			if err := d.signIn(ctx, district, person); err != nil {
				return fmt.Errorf("%s at %s: %w", person.Subject, district.Name, err)
			}
		}
	}
	return nil
}

func (d *Demo) signIn(ctx context.Context, district stage.District, person duty.Person) error {
	jar, err := cookiejar.New(nil)
	if err != nil {
		return err
	}
	browser := &http.Client{Transport: d.web.Transport, Jar: jar, Timeout: d.web.Timeout}
	staff := d.Addresses.Front[district.Name] + ":8444"
	page, _, err := visit(ctx, browser, http.MethodGet, staff+"/auth/login", nil)
	if err != nil {
		return err
	}
	if !strings.HasPrefix(page.String(), d.Addresses.Issuer) {
		return fmt.Errorf("signing in led to %s, not to the issuer", page)
	}
	page, body, err := visit(ctx, browser, http.MethodPost, page.String(), url.Values{"user": {person.Subject}})
	if err != nil {
		return err
	}
	if !strings.HasPrefix(page.String(), staff) {
		return fmt.Errorf("the issuer led to %s, not back to the worklist", page)
	}
	if !strings.Contains(body, "<html") {
		return fmt.Errorf("%s is no page", page)
	}
	return nil
}

// visit makes a request as a browser does and returns where it ended.
func visit(ctx context.Context, browser *http.Client, method, target string, form url.Values) (*url.URL, string, error) {
	request, err := http.NewRequestWithContext(ctx, method, target, strings.NewReader(form.Encode()))
	if err != nil {
		return nil, "", err
	}
	request.Header.Set("accept", "text/html")
	if form != nil {
		request.Header.Set("content-type", "application/x-www-form-urlencoded")
	}
	response, err := browser.Do(request)
	if err != nil {
		return nil, "", err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, 4<<20))
	if err == nil && response.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %s", response.Request.URL, response.Status)
	}
	return response.Request.URL, string(body), err
}
