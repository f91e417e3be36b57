package referral

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/google/uuid"
)

// ContentType is FHIR's JSON.
const ContentType = "application/fhir+json"

const (
	systemReferral = "urn:evenkeel:referral"
	systemDistrict = "urn:evenkeel:district"
	systemFacility = "urn:evenkeel:facility"
)

// Order is all that a hospital is told about a referral. There is no field for a
// child, an answer, a score or a diagnosis, and none may be added.
type Order struct {
	ID       uuid.UUID
	Number   string
	District string
	Facility string
	Phone    string
	Priority string    // FHIR's request priority: stat or urgent
	At       time.Time // of the release
}

type bundle struct {
	ResourceType string     `json:"resourceType"`
	Type         string     `json:"type"`
	Timestamp    string     `json:"timestamp"`
	Identifier   identifier `json:"identifier"`
	Entry        []entry    `json:"entry"`
}

type entry struct {
	FullURL  string `json:"fullUrl"`
	Resource any    `json:"resource"`
}

type identifier struct {
	System string `json:"system"`
	Value  string `json:"value"`
}

type reference struct {
	Reference  string      `json:"reference,omitempty"`
	Identifier *identifier `json:"identifier,omitempty"`
}

type contactPoint struct {
	System string `json:"system"`
	Value  string `json:"value"`
}

type organization struct {
	ResourceType string         `json:"resourceType"`
	ID           string         `json:"id"`
	Identifier   []identifier   `json:"identifier"`
	Telecom      []contactPoint `json:"telecom,omitempty"`
}

type serviceRequest struct {
	ResourceType string         `json:"resourceType"`
	Contained    []organization `json:"contained"`
	Identifier   []identifier   `json:"identifier"`
	Status       string         `json:"status"`
	Intent       string         `json:"intent"`
	Priority     string         `json:"priority"`
	AuthoredOn   string         `json:"authoredOn"`
	Subject      reference      `json:"subject"`
	Requester    reference      `json:"requester"`
	Performer    []reference    `json:"performer"`
}

type task struct {
	ResourceType string       `json:"resourceType"`
	Identifier   []identifier `json:"identifier"`
	Status       string       `json:"status"`
	Intent       string       `json:"intent"`
	Priority     string       `json:"priority"`
	Focus        reference    `json:"focus"`
	AuthoredOn   string       `json:"authoredOn"`
}

// BuildBundle returns the FHIR R4 bundle for an order. The same order always gives
// the same bytes, so a resend is the same message.
func BuildBundle(o Order) ([]byte, error) {
	number := identifier{System: systemReferral, Value: o.Number}
	at := o.At.UTC().Format(time.RFC3339)
	requestURL := "urn:uuid:" + uuid.NewSHA1(o.ID, []byte("ServiceRequest")).String()
	raw, err := json.Marshal(bundle{
		ResourceType: "Bundle", Type: "collection", Timestamp: at, Identifier: number,
		Entry: []entry{
			{FullURL: requestURL, Resource: buildRequest(o, number, at)},
			{FullURL: "urn:uuid:" + uuid.NewSHA1(o.ID, []byte("Task")).String(), Resource: task{
				ResourceType: "Task", Identifier: []identifier{number}, Status: "requested", Intent: "order",
				Priority: o.Priority, Focus: reference{Reference: requestURL}, AuthoredOn: at,
			}},
		},
	})
	if err != nil {
		return nil, fmt.Errorf("encoding a referral: %w", err)
	}
	return raw, nil
}

func buildRequest(o Order, number identifier, at string) serviceRequest {
	duty := organization{ResourceType: "Organization", ID: "duty", Identifier: []identifier{{System: systemDistrict, Value: o.District}}}
	if o.Phone != "" {
		duty.Telecom = []contactPoint{{System: "phone", Value: o.Phone}}
	}
	return serviceRequest{
		ResourceType: "ServiceRequest", Contained: []organization{duty}, Identifier: []identifier{number},
		Status: "active", Intent: "order", Priority: o.Priority, AuthoredOn: at,
		Subject:   reference{Identifier: &number},
		Requester: reference{Reference: "#duty"},
		Performer: []reference{{Identifier: &identifier{System: systemFacility, Value: o.Facility}}},
	}
}
