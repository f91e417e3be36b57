package simulate

import (
	"net/http"
	"net/http/httputil"
	"net/url"
)

// IngressConfig lists the routes of the ingress.
type IngressConfig struct {
	Routes []Route `json:"routes"`
}

// Route is one listener that ends TLS and what is behind it.
type Route struct {
	Listen   string `json:"listen"`   // such as :8443
	Upstream string `json:"upstream"` // such as http://fengtai-intake.fengtai.svc:8080
}

// Proxy forwards to a route's upstream, keeping the host name that was asked for.
func (r Route) Proxy() (http.Handler, error) {
	target, err := url.Parse(r.Upstream)
	if err != nil {
		return nil, err
	}
	return &httputil.ReverseProxy{Rewrite: func(p *httputil.ProxyRequest) {
		p.SetURL(target)
		p.SetXForwarded()
		p.Out.Host = p.In.Host
	}}, nil
}
