package duty

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"sync"
	"time"
)

// tokenLife is how long a token is used before another is fetched.
const tokenLife = time.Hour

// IssuerTokens fetches ID tokens at the simulated issuer and keeps them.
type IssuerTokens struct {
	HTTP   *http.Client
	Issuer string
	Client string // OIDC client of the district

	mu   sync.Mutex
	kept map[string]keptToken
}

type keptToken struct {
	raw   string
	until time.Time
}

// Token is the ID token of a person.
func (t *IssuerTokens) Token(ctx context.Context, subject string) (string, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if kept, found := t.kept[subject]; found && time.Now().Before(kept.until) {
		return kept.raw, nil
	}
	raw, err := t.fetch(ctx, subject)
	if err != nil {
		return "", err
	}
	if t.kept == nil {
		t.kept = map[string]keptToken{}
	}
	t.kept[subject] = keptToken{raw: raw, until: time.Now().Add(tokenLife)}
	return raw, nil
}

func (t *IssuerTokens) fetch(ctx context.Context, subject string) (string, error) {
	query := url.Values{"user": {subject}, "client": {t.Client}}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, t.Issuer+"/demo/token?"+query.Encode(), nil)
	if err != nil {
		return "", err
	}
	response, err := t.HTTP.Do(request)
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return "", fmt.Errorf("the issuer gave no token for %s: %d", subject, response.StatusCode)
	}
	var answer struct {
		IDToken string `json:"id_token"`
	}
	err = json.NewDecoder(response.Body).Decode(&answer)
	return answer.IDToken, err
}
