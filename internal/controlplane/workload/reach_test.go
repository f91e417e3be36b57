package workload

import (
	"net/netip"
	"testing"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"

	"github.com/evenkeel/evenkeel/api/v1alpha1"
)

// endpoint is one end of a connection as a NetworkPolicy sees it.
type endpoint struct {
	address   string
	namespace string // "": not a pod
	labels    map[string]string
}

func (e endpoint) matches(selector *metav1.LabelSelector, set map[string]string) bool {
	s, err := metav1.LabelSelectorAsSelector(selector)
	return err == nil && s.Matches(labels.Set(set))
}

func (e endpoint) isPeer(p networkingv1.NetworkPolicyPeer, own string) bool {
	if p.IPBlock != nil {
		return netip.MustParsePrefix(p.IPBlock.CIDR).Contains(netip.MustParseAddr(e.address))
	}
	switch {
	case e.namespace == "":
		return false
	case p.NamespaceSelector == nil && e.namespace != own:
		return false
	case p.NamespaceSelector != nil && !e.matches(p.NamespaceSelector, map[string]string{labelNamespace: e.namespace}):
		return false
	}
	return p.PodSelector == nil || e.matches(p.PodSelector, e.labels)
}

// admits evaluates a rule as the API reference defines it: no peers is everybody.
func admits(peers []networkingv1.NetworkPolicyPeer, ports []networkingv1.NetworkPolicyPort, other endpoint, own string, port int32) bool {
	peer := len(peers) == 0
	for _, p := range peers {
		peer = peer || other.isPeer(p, own)
	}
	open := len(ports) == 0
	for _, p := range ports {
		open = open || *p.Protocol == corev1.ProtocolTCP && p.Port.IntVal == port
	}
	return peer && open
}

// allowed evaluates both ends of a connection against the policies of the namespace.
func allowed(policies []*networkingv1.NetworkPolicy, from, to endpoint, port int32) bool {
	return end(policies, from, func(s networkingv1.NetworkPolicySpec) bool {
		for _, r := range s.Egress {
			if admits(r.To, r.Ports, to, "fengtai", port) {
				return true
			}
		}
		return false
	}) && end(policies, to, func(s networkingv1.NetworkPolicySpec) bool {
		for _, r := range s.Ingress {
			if admits(r.From, r.Ports, from, "fengtai", port) {
				return true
			}
		}
		return false
	})
}

func end(policies []*networkingv1.NetworkPolicy, e endpoint, pass func(networkingv1.NetworkPolicySpec) bool) bool {
	if e.namespace != "fengtai" {
		return true // another namespace's policies are not ours to judge
	}
	selected, passed := false, false
	for _, p := range policies {
		if e.matches(&p.Spec.PodSelector, e.labels) {
			selected = true
			passed = passed || pass(p.Spec)
		}
	}
	return !selected || passed
}

var parties = map[Party]endpoint{
	Ingress:          {address: "10.1.2.3"},
	Operator:         {address: "10.2.0.1", namespace: "evenkeel-system", labels: map[string]string{v1alpha1.LabelComponent: ManagerComponent}},
	Resolver:         {address: "10.2.0.2", namespace: "kube-system", labels: map[string]string{"k8s-app": "kube-dns"}},
	Database:         {address: "10.9.0.1"},
	Transport:        {address: "10.9.0.2"},
	Hospital:         {address: "10.9.0.4"},
	IdentityProvider: {address: "10.9.0.5"},
	Party(Migrate):   {address: "10.3.0.1", namespace: "fengtai", labels: Labels("fengtai", Migrate)},
	Party(Intake):    {address: "10.3.0.2", namespace: "fengtai", labels: Labels("fengtai", Intake)},
	Party(Scorer):    {address: "10.3.0.3", namespace: "fengtai", labels: Labels("fengtai", Scorer)},
	Party(Casework):  {address: "10.3.0.4", namespace: "fengtai", labels: Labels("fengtai", Casework)},

	"the internet":                {address: "203.0.113.9"},
	"the operator's neighbour":    {address: "10.2.0.3", namespace: "evenkeel-system", labels: map[string]string{"app": "x"}},
	"an impostor of the operator": {address: "10.2.0.4", namespace: "elsewhere", labels: map[string]string{v1alpha1.LabelComponent: ManagerComponent}},
	"another district's intake":   {address: "10.3.1.2", namespace: "kaizhou", labels: Labels("kaizhou", Intake)},
	"a stray pod":                 {address: "10.3.0.9", namespace: "fengtai", labels: map[string]string{"app": "x"}},
}

var ports = []int32{PortStudents, PortStaff, PortPartner, PortInternal, PortOps, portDNS, 443, 5432}

func declared(from, to Party, port int32) bool {
	outside := map[Party]int32{Database: 5432, Transport: 443, Hospital: 443, IdentityProvider: 443}
	for _, r := range Reachability {
		want := r.Port
		if want == 0 {
			want = outside[r.To]
		}
		if r.From == from && r.To == to && want == port {
			return true
		}
	}
	return false
}

func ours(p Party) bool {
	return p == Party(Migrate) || p == Party(Intake) || p == Party(Scorer) || p == Party(Casework)
}

func TestPoliciesAllowExactlyTheTable(t *testing.T) {
	var policies []*networkingv1.NetworkPolicy
	for _, ac := range BuildPolicies(district(), settings) {
		policies = append(policies, typed[networkingv1.NetworkPolicy](t, ac))
	}
	checked := 0
	for from, a := range parties {
		for to, b := range parties {
			if from == to || !ours(from) && !ours(to) {
				continue
			}
			for _, port := range ports {
				checked++
				if got, want := allowed(policies, a, b, port), declared(from, to, port); got != want {
					t.Errorf("%s -> %s:%d allowed is %v, the table says %v", from, to, port, got, want)
				}
			}
		}
	}
	if checked < 500 {
		t.Errorf("only %d connections checked", checked)
	}
}

func TestADistrictWithoutCallersAdmitsNobody(t *testing.T) {
	d := district()
	d.Spec.Network.IngressCIDRs = nil
	for _, ac := range BuildPolicies(d, settings) {
		p := typed[networkingv1.NetworkPolicy](t, ac)
		for _, r := range p.Spec.Ingress {
			if len(r.From) == 0 {
				t.Errorf("%s admits everybody", p.Name)
			}
		}
	}
}
