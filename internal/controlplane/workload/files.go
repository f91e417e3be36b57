package workload

import (
	corev1ac "k8s.io/client-go/applyconfigurations/core/v1"

	"github.com/evenkeel/evenkeel/api/v1alpha1"
	"github.com/evenkeel/evenkeel/internal/contract"
)

// filesPath is where a process finds its files.
const filesPath = "/var/run/evenkeel"

// File is one file of a component: a key of a Secret at a path under filesPath.
type File struct {
	Secret   string
	Key      string
	Path     string
	Optional bool // the pod starts without it
}

// Files is the one place that says which process gets which secret. The year is
// that of the internal certificate.
func Files(d *v1alpha1.District, c Component, year int) []File {
	files := databaseFiles(d, c)
	switch c {
	case Migrate:
		if CreatesRoles(d) {
			for _, p := range Processes {
				files = append(files, File{Secret: RoleSecret(d.Name, p), Key: KeyPassword, Path: "roles/" + string(p) + "/password"})
			}
		}
	case Intake:
		files = append(files, keyFiles(IntakeKeysSecret(d.Name), false, contract.IntakeKeys...)...)
	case Scorer:
		files = append(files, keyFiles(SealKeysSecret(d.Name), false, contract.KeyDistrict)...)
	case Casework:
		files = append(files, caseworkFiles(d, year)...)
	}
	return files
}

func databaseFiles(d *v1alpha1.District, c Component) []File {
	secret := RoleSecret(d.Name, c)
	if c == Migrate {
		secret = d.Spec.Database.OwnerSecretRef.Name
	}
	files := []File{
		{Secret: secret, Key: KeyUsername, Path: "db/username"},
		{Secret: secret, Key: KeyPassword, Path: "db/password"},
	}
	return append(files, authorityFile(d.Spec.Database.CASecretRef, "db-ca/ca.crt")...)
}

// caseworkFiles: casework starts without keys, to say in its report that they
// are missing.
func caseworkFiles(d *v1alpha1.District, year int) []File {
	files := keyFiles(SealKeysSecret(d.Name), true, contract.SealKeys...)
	files = append(files,
		File{Secret: TLSSecret(d.Name, year), Key: KeyCertificate, Path: "internal-tls/tls.crt"},
		File{Secret: TLSSecret(d.Name, year), Key: KeyPrivateKey, Path: "internal-tls/tls.key"},
		File{Secret: TokenSecret(d.Name), Key: KeyToken, Path: "sync-token/token"},
		File{Secret: d.Spec.IdentityProvider.ClientSecretRef.Name, Key: "client-secret", Path: "oidc/client-secret"},
	)
	return append(files, authorityFile(d.Spec.Network.CASecretRef, "egress-ca/ca.crt")...)
}

func keyFiles(secret string, optional bool, keys ...string) []File {
	files := make([]File, 0, len(keys))
	for _, key := range keys {
		files = append(files, File{Secret: secret, Key: key, Path: "keys/" + key, Optional: optional})
	}
	return files
}

func authorityFile(ref v1alpha1.ObjectReference, path string) []File {
	if ref.Name == "" {
		return nil
	}
	return []File{{Secret: ref.Name, Key: KeyAuthority, Path: path}}
}

// projection puts the files into one volume, so that they change together.
func projection(files []File) *corev1ac.ProjectedVolumeSourceApplyConfiguration {
	volume := corev1ac.ProjectedVolumeSource().WithDefaultMode(0o440)
	for i := 0; i < len(files); {
		source := corev1ac.SecretProjection().WithName(files[i].Secret)
		if files[i].Optional {
			source.WithOptional(true)
		}
		first := files[i]
		for ; i < len(files) && files[i].Secret == first.Secret && files[i].Optional == first.Optional; i++ {
			source.WithItems(corev1ac.KeyToPath().WithKey(files[i].Key).WithPath(files[i].Path))
		}
		volume.WithSources(corev1ac.VolumeProjection().WithSecret(source))
	}
	return volume
}
