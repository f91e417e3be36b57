package stage

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net"
	"strings"

	"github.com/evenkeel/evenkeel/hack/demo/internal/simulate"
	"github.com/evenkeel/evenkeel/hack/demo/manifests"
)

// Addresses are where everything is reached; they are Services' own, so that the
// machine, pods and browsers use the same.
type Addresses struct {
	Issuer   string
	Gateways map[string]string // by transport
	Hospital string
	Front    map[string]string // of a district's ingress, by its name: students; :8444 staff; :8445 partners
}

// port of a Service.
type port struct {
	Name         string
	Port, Target int
}

// service is a Service of the demo.
type service struct {
	Name, Namespace, App string
	Ports                []port
}

func services() []service {
	https := []port{{"https", 443, 8443}}
	list := []service{
		{"issuer", PartnersNamespace, "issuer", https},
		{"hospital", HospitalNamespace, "hospital", https},
	}
	for _, transport := range Transports {
		list = append(list, service{"gateway-" + transport, PartnersNamespace, "gateway-" + transport, https})
	}
	for i, d := range Districts {
		base := 8443 + 1000*i
		list = append(list, service{d.Name + "-front", PartnersNamespace, "ingress", []port{
			{"students", 443, base}, {"staff", 8444, base + 1}, {"partners", 8445, base + 2},
		}})
	}
	return list
}

// MakeServices makes the partners' Services and returns their addresses.
func (c *Cluster) MakeServices(ctx context.Context) (Addresses, error) {
	a := Addresses{Gateways: map[string]string{}, Front: map[string]string{}}
	raw, err := manifests.Render("services.yaml", map[string]any{"Services": services()})
	if err != nil {
		return a, err
	}
	if err := c.Tools.Apply(ctx, raw); err != nil {
		return a, err
	}
	return c.Addresses(ctx)
}

// Addresses reads where everything is reached.
func (c *Cluster) Addresses(ctx context.Context) (Addresses, error) {
	a := Addresses{Gateways: map[string]string{}, Front: map[string]string{}}
	for _, s := range services() {
		ip, err := c.ServiceIP(ctx, s.Namespace, s.Name)
		if err != nil {
			return a, err
		}
		url := "https://" + ip
		switch {
		case s.Name == "issuer":
			a.Issuer = url
		case s.Name == "hospital":
			a.Hospital = url
		case strings.HasPrefix(s.Name, "gateway-"):
			a.Gateways[strings.TrimPrefix(s.Name, "gateway-")] = url
		default:
			a.Front[strings.TrimSuffix(s.Name, "-front")] = url
		}
	}
	return a, nil
}

// ServiceIP is the cluster address of a Service.
func (c *Cluster) ServiceIP(ctx context.Context, namespace, name string) (string, error) {
	raw, err := c.Tools.Kube(ctx, "get", "service", name, "-n", namespace, "-o", "jsonpath={.spec.clusterIP}")
	if err == nil && net.ParseIP(string(raw)) == nil {
		err = fmt.Errorf("the Service %s/%s has no address of its own", namespace, name)
	}
	return string(raw), err
}

// simulator is a Deployment of the simulators' image.
type simulator struct {
	Name, Namespace, Command, Config, Cert, Key, Digest string
	Port                                                int
}

// MakeSimulators starts the partners and waits until they answer.
func (c *Cluster) MakeSimulators(ctx context.Context, image string, a Addresses) error {
	list, err := c.simulators(ctx, a)
	if err != nil {
		return err
	}
	raw, err := manifests.Render("simulators.yaml", map[string]any{"Simulators": list, "Image": image, "CA": string(c.CA.PEM)})
	if err != nil {
		return err
	}
	if err := c.Tools.Apply(ctx, raw); err != nil {
		return err
	}
	for _, s := range list {
		if _, err := c.Tools.Kube(ctx, "rollout", "status", "deployment/"+s.Name, "-n", s.Namespace, "--timeout=120s"); err != nil {
			return err
		}
	}
	return nil
}

func (c *Cluster) simulators(ctx context.Context, a Addresses) ([]simulator, error) {
	issuer, err := c.issuerConfig(a)
	if err != nil {
		return nil, err
	}
	hospital, err := c.hospitalConfig(a)
	if err != nil {
		return nil, err
	}
	configs := []struct {
		name, namespace, command string
		config                   any
	}{
		{"issuer", PartnersNamespace, "issuer", issuer},
		{"hospital", HospitalNamespace, "hospital", hospital},
		{"ingress", PartnersNamespace, "ingress", ingressConfig()},
	}
	for _, transport := range Transports {
		gateway, err := c.gatewayConfig(transport, a)
		if err != nil {
			return nil, err
		}
		configs = append(configs, struct {
			name, namespace, command string
			config                   any
		}{"gateway-" + transport, PartnersNamespace, "gateway", gateway})
	}
	var list []simulator
	for _, s := range configs {
		one, err := c.simulator(ctx, s.name, s.namespace, s.command, s.config)
		if err != nil {
			return nil, err
		}
		list = append(list, one)
	}
	return list, nil
}

func (c *Cluster) simulator(ctx context.Context, name, namespace, command string, config any) (simulator, error) {
	raw, err := json.MarshalIndent(config, "", "  ")
	if err != nil {
		return simulator{}, err
	}
	addresses, err := c.addressesOf(ctx, name)
	if err != nil {
		return simulator{}, err
	}
	cert, key, err := c.State.certificate(c.CA, name, addresses)
	if err != nil {
		return simulator{}, err
	}
	sum := sha256.Sum256(append(raw, cert...))
	return simulator{
		Name: name, Namespace: namespace, Command: command, Config: string(raw), Port: 8443,
		Cert: string(cert), Key: string(key), Digest: hex.EncodeToString(sum[:8]),
	}, nil
}

// addressesOf are the addresses of the Services in front of a simulator.
func (c *Cluster) addressesOf(ctx context.Context, app string) ([]net.IP, error) {
	var addresses []net.IP
	for _, s := range services() {
		if s.App != app {
			continue
		}
		ip, err := c.ServiceIP(ctx, s.Namespace, s.Name)
		if err != nil {
			return nil, err
		}
		addresses = append(addresses, net.ParseIP(ip))
	}
	return addresses, nil
}

func (c *Cluster) issuerConfig(a Addresses) (simulate.IssuerConfig, error) {
	config := simulate.IssuerConfig{Issuer: a.Issuer}
	known := map[string]bool{}
	for _, d := range Districts {
		secret, err := c.State.Password("oidc/" + d.Name)
		if err != nil {
			return config, err
		}
		config.Clients = append(config.Clients, simulate.IssuerClient{
			ID: d.Name, Secret: secret, Redirects: []string{a.Front[d.Name] + ":8444/auth/callback"},
		})
		for _, p := range append(d.Client().OnDuty(), d.Client().Registrar()) {
			if known[p.Subject] {
				continue
			}
			known[p.Subject] = true
			config.Users = append(config.Users, simulate.IssuerUser{
				Subject: p.Subject, Name: p.Name, Email: p.Subject + "@demo.invalid", Groups: []string{p.Group},
			})
		}
	}
	return config, nil
}

func (c *Cluster) gatewayConfig(transport string, a Addresses) (simulate.GatewayConfig, error) {
	var config simulate.GatewayConfig
	for _, d := range Districts {
		send, receive, err := c.State.pair("gateway-"+transport, d)
		if err != nil {
			return config, err
		}
		config.Districts = append(config.Districts, simulate.GatewayDistrict{
			Code: d.Code, Transport: transport, Partner: a.Front[d.Name] + ":8445", Send: send, Receive: receive,
		})
	}
	return config, nil
}

func (c *Cluster) hospitalConfig(a Addresses) (simulate.HospitalConfig, error) {
	config := simulate.HospitalConfig{Facility: facilityCode}
	for _, d := range Districts {
		send, receive, err := c.State.pair("hospital", d)
		if err != nil {
			return config, err
		}
		config.Districts = append(config.Districts, simulate.HospitalDistrict{
			Code: d.Code, Channel: Channel, Partner: a.Front[d.Name] + ":8445", Send: send, Receive: receive,
		})
	}
	return config, nil
}

// ingressConfig leads each district's three addresses to its Services.
func ingressConfig() simulate.IngressConfig {
	var config simulate.IngressConfig
	for i, d := range Districts {
		for j, to := range []string{"intake.%s.svc:8080", "casework-staff.%s.svc:8081", "casework-partner.%s.svc:8082"} {
			config.Routes = append(config.Routes, simulate.Route{
				Listen: fmt.Sprintf(":%d", 8443+1000*i+j), Upstream: "http://" + d.Name + "-" + fmt.Sprintf(to, d.Name),
			})
		}
	}
	return config
}

// pair is the secrets of a partner and a district, one per direction.
func (s *State) pair(partner string, d District) (send, receive string, err error) {
	if send, err = s.SigningSecret(partner + "/" + d.Name + "/send"); err != nil {
		return "", "", err
	}
	receive, err = s.SigningSecret(partner + "/" + d.Name + "/receive")
	return send, receive, err
}
