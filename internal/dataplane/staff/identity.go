package staff

import (
	"encoding/json"
	"strings"
)

// Identity is who is calling, as the identity provider says.
type Identity struct {
	Subject string   `json:"sub"`
	Name    string   `json:"name"`
	Groups  []string `json:"groups"`
	// Human is whether a person signed in. A service account may carry data in; it
	// never owns, contacts, closes or releases, whatever groups it is in.
	Human bool `json:"human"`
}

// claims are the claims of an ID token that decide about an identity.
type claims struct {
	Subject           string `json:"sub"`
	Name              string `json:"name"`
	PreferredUsername string `json:"preferred_username"`
	AuthorizedParty   string `json:"azp"`
	ClientID          string `json:"client_id"`
	GrantType         string `json:"gty"`
}

// decideHuman says whether the token stands for a person. A person has a name that
// the provider shows; tokens that clients get for themselves (client_credentials,
// Kubernetes service accounts) have none, or say what they are.
func decideHuman(c claims) bool {
	switch {
	case strings.TrimSpace(c.Name) == "":
		return false
	case c.GrantType == "client-credentials", c.GrantType == "client_credentials":
		return false
	case strings.HasPrefix(c.PreferredUsername, "service-account-"), strings.HasPrefix(c.Subject, "system:serviceaccount:"):
		return false
	}
	return c.Subject != c.AuthorizedParty && c.Subject != c.ClientID
}

// readIdentity reads the payload of a verified ID token.
func readIdentity(payload []byte, groupsClaim string) (Identity, error) {
	var c claims
	if err := json.Unmarshal(payload, &c); err != nil {
		return Identity{}, err
	}
	var all map[string]json.RawMessage
	if err := json.Unmarshal(payload, &all); err != nil {
		return Identity{}, err
	}
	return Identity{Subject: c.Subject, Name: c.Name, Groups: readGroups(all[groupsClaim]), Human: decideHuman(c)}, nil
}

// readGroups accepts a list of groups or a single one, as providers differ.
func readGroups(raw json.RawMessage) []string {
	var list []string
	if json.Unmarshal(raw, &list) == nil {
		return list
	}
	var one string
	if json.Unmarshal(raw, &one) == nil && one != "" {
		return []string{one}
	}
	return nil
}
