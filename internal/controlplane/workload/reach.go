package workload

import (
	"slices"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	networkingv1ac "k8s.io/client-go/applyconfigurations/networking/v1"

	"github.com/evenkeel/evenkeel/api/v1alpha1"
)

// Party is one end of a connection: a component, or one of the parties outside.
type Party string

// The parties outside the district's pods. The purposes are those of
// District.spec.network.egress.
const (
	Ingress          Party = "Ingress"  // spec.network.ingressCIDRs
	Operator         Party = "Operator" // the operator's pods
	Resolver         Party = "Resolver" // cluster DNS
	Database         Party = "Database"
	Transport        Party = "Transport"
	Hospital         Party = "Hospital"
	IdentityProvider Party = "IdentityProvider"
)

// Reach says that From may open connections to To. Port is the port of a
// component's listener; of an outside party the district declares it.
type Reach struct {
	From, To Party
	Port     int32
}

// Reachability is who may reach whom; everything else is denied. NetworkPolicies
// are rendered from it and tested against it.
var Reachability = []Reach{
	{Ingress, Party(Intake), PortStudents},
	{Ingress, Party(Casework), PortStaff},
	{Ingress, Party(Casework), PortPartner},
	{Operator, Party(Casework), PortInternal},

	{Party(Migrate), Database, 0},
	{Party(Intake), Database, 0},
	{Party(Scorer), Database, 0},
	{Party(Casework), Database, 0},
	{Party(Casework), Transport, 0},
	{Party(Casework), Hospital, 0},
	{Party(Casework), IdentityProvider, 0},

	{Party(Migrate), Resolver, portDNS},
	{Party(Intake), Resolver, portDNS},
	{Party(Scorer), Resolver, portDNS},
	{Party(Casework), Resolver, portDNS},
}

const (
	portDNS           int32 = 53
	labelNamespace          = "kubernetes.io/metadata.name"
	resolverNamespace       = "kube-system"
	nodeLocalResolver       = "169.254.20.10/32" // NodeLocal DNSCache
)

// BuildPolicies returns a policy that denies the district's pods everything, and
// one per component with what the table allows. Kubelet probes come from the
// pod's own node, which NetworkPolicy never blocks.
func BuildPolicies(d *v1alpha1.District, s Settings) []*networkingv1ac.NetworkPolicyApplyConfiguration {
	deny := networkingv1ac.NetworkPolicy(d.Name+"-default-deny", d.Namespace).
		WithLabels(DistrictLabels(d.Name)).
		WithSpec(networkingv1ac.NetworkPolicySpec().
			WithPodSelector(selecting(DistrictLabels(d.Name))).
			WithPolicyTypes(networkingv1.PolicyTypeIngress, networkingv1.PolicyTypeEgress))
	policies := []*networkingv1ac.NetworkPolicyApplyConfiguration{deny}
	for _, c := range append([]Component{Migrate}, Processes...) {
		policies = append(policies, buildPolicy(d, c, s))
	}
	return policies
}

func buildPolicy(d *v1alpha1.District, c Component, s Settings) *networkingv1ac.NetworkPolicyApplyConfiguration {
	spec := networkingv1ac.NetworkPolicySpec().
		WithPodSelector(selecting(Selector(d.Name, c))).
		WithPolicyTypes(networkingv1.PolicyTypeIngress, networkingv1.PolicyTypeEgress)
	for _, r := range Reachability {
		switch {
		case r.To == Party(c):
			spec.WithIngress(admission(callers(d, r.From, s), r.Port)...)
		case r.From == Party(c) && r.To == Resolver:
			spec.WithEgress(networkingv1ac.NetworkPolicyEgressRule().
				WithTo(resolvers()...).WithPorts(tcp(r.Port), udp(r.Port)))
		case r.From == Party(c):
			spec.WithEgress(destinations(d, r.To)...)
		}
	}
	return networkingv1ac.NetworkPolicy(Name(d.Name, c), d.Namespace).WithLabels(Labels(d.Name, c)).WithSpec(spec)
}

// admission returns no rule for no callers: a rule with an empty list of peers
// would admit everybody.
func admission(from []*networkingv1ac.NetworkPolicyPeerApplyConfiguration, port int32) []*networkingv1ac.NetworkPolicyIngressRuleApplyConfiguration {
	if len(from) == 0 {
		return nil
	}
	return []*networkingv1ac.NetworkPolicyIngressRuleApplyConfiguration{
		networkingv1ac.NetworkPolicyIngressRule().WithFrom(from...).WithPorts(tcp(port)),
	}
}

func callers(d *v1alpha1.District, from Party, s Settings) []*networkingv1ac.NetworkPolicyPeerApplyConfiguration {
	if from == Operator {
		return []*networkingv1ac.NetworkPolicyPeerApplyConfiguration{networkingv1ac.NetworkPolicyPeer().
			WithNamespaceSelector(selecting(map[string]string{labelNamespace: s.OperatorNamespace})).
			WithPodSelector(selecting(map[string]string{v1alpha1.LabelComponent: ManagerComponent}))}
	}
	var peers []*networkingv1ac.NetworkPolicyPeerApplyConfiguration
	for _, cidr := range slices.Sorted(slices.Values(d.Spec.Network.IngressCIDRs)) {
		peers = append(peers, block(cidr))
	}
	return peers
}

// destinations returns one rule per declared address: a rule's peers and ports
// multiply, and 10.0.0.5:443 and 10.0.0.6:8443 are not four destinations.
func destinations(d *v1alpha1.District, purpose Party) []*networkingv1ac.NetworkPolicyEgressRuleApplyConfiguration {
	var rules []*networkingv1ac.NetworkPolicyEgressRuleApplyConfiguration
	for _, e := range d.Spec.Network.Egress {
		if Party(e.Purpose) == purpose {
			rules = append(rules, networkingv1ac.NetworkPolicyEgressRule().WithTo(block(e.CIDR)).WithPorts(tcp(e.Port)))
		}
	}
	return rules
}

func resolvers() []*networkingv1ac.NetworkPolicyPeerApplyConfiguration {
	return []*networkingv1ac.NetworkPolicyPeerApplyConfiguration{
		networkingv1ac.NetworkPolicyPeer().
			WithNamespaceSelector(selecting(map[string]string{labelNamespace: resolverNamespace})),
		block(nodeLocalResolver),
	}
}

func block(cidr string) *networkingv1ac.NetworkPolicyPeerApplyConfiguration {
	return networkingv1ac.NetworkPolicyPeer().WithIPBlock(networkingv1ac.IPBlock().WithCIDR(cidr))
}

func tcp(port int32) *networkingv1ac.NetworkPolicyPortApplyConfiguration {
	return networkingv1ac.NetworkPolicyPort().WithProtocol(corev1.ProtocolTCP).WithPort(intstr.FromInt32(port))
}

func udp(port int32) *networkingv1ac.NetworkPolicyPortApplyConfiguration {
	return networkingv1ac.NetworkPolicyPort().WithProtocol(corev1.ProtocolUDP).WithPort(intstr.FromInt32(port))
}
