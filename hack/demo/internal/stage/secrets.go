package stage

import (
	"context"

	"github.com/evenkeel/evenkeel/api/v1alpha1"
	"github.com/evenkeel/evenkeel/hack/demo/manifests"
)

// secret is a Secret of a district.
type secret struct {
	Name, Namespace, Type string
	Data                  map[string]string
}

const opaque = "Opaque"

// MakeNamespaces makes the namespaces; those of districts carry the province's grant.
func (c *Cluster) MakeNamespaces(ctx context.Context) error {
	raw, err := manifests.Render("namespaces.yaml", map[string]any{
		"Districts": Districts, "Others": []string{SystemNamespace, PartnersNamespace, HospitalNamespace},
	})
	if err != nil {
		return err
	}
	return c.Tools.Apply(ctx, raw)
}

// MakeSecrets puts into the districts' namespaces what a secret manager would.
func (c *Cluster) MakeSecrets(ctx context.Context) error {
	var all []secret
	for _, d := range Districts {
		for _, make := range []func(context.Context, District) ([]secret, error){c.databaseSecrets, c.partnerSecrets} {
			made, err := make(ctx, d)
			if err != nil {
				return err
			}
			all = append(all, made...)
		}
	}
	raw, err := manifests.Render("secrets.yaml", map[string]any{"Secrets": all})
	if err != nil {
		return err
	}
	return c.Tools.Apply(ctx, raw)
}

func (c *Cluster) databaseSecrets(ctx context.Context, d District) ([]secret, error) {
	ca, err := c.postgresCA(ctx)
	if err != nil {
		return nil, err
	}
	list := []secret{{d.Name + "-pg-ca", d.Name, opaque, map[string]string{"ca.crt": ca}}}
	for _, role := range roles {
		if role == "auditor" {
			continue // the demo's alone; no pod has it
		}
		password, err := c.State.Password(d.passwordName(role))
		if err != nil {
			return nil, err
		}
		list = append(list, secret{d.Name + "-db-" + role, d.Name, opaque, map[string]string{
			"username": d.roleName(role), "password": password,
		}})
	}
	return list, nil
}

func (c *Cluster) partnerSecrets(_ context.Context, d District) ([]secret, error) {
	client, err := c.State.Password("oidc/" + d.Name)
	if err != nil {
		return nil, err
	}
	list := []secret{
		{"demo-ca", d.Name, opaque, map[string]string{"ca.crt": string(c.CA.PEM)}},
		{"oidc", d.Name, opaque, map[string]string{"client-secret": client}},
	}
	for _, partner := range []string{"gateway-sms", "gateway-voice", "hospital"} {
		send, receive, err := c.State.pair(partner, d)
		if err != nil {
			return nil, err
		}
		list = append(list, secret{partner, d.Name, v1alpha1.SecretTypeChannel, map[string]string{"send": send, "receive": receive}})
	}
	return list, nil
}
