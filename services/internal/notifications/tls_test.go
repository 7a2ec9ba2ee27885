package notifications

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// authority signs certificates, as RDS has one.
type authority struct {
	certificate *x509.Certificate
	key         *ecdsa.PrivateKey
}

func newAuthority(t *testing.T) authority {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	certificate := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "database CA"}, NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, certificate, certificate, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	if certificate, err = x509.ParseCertificate(der); err != nil {
		t.Fatal(err)
	}
	return authority{certificate, key}
}

func (a authority) pem() string {
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: a.certificate.Raw}))
}

// files are a certificate for the name, and its key.
func (a authority) files(t *testing.T, name string) (certificate, key string) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(2), DNSNames: []string{name}, NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, a.certificate, private.Public(), a.key)
	if err != nil {
		t.Fatal(err)
	}
	keyDER, err := x509.MarshalECPrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	write := func(file, kind string, der []byte) string {
		path := filepath.Join(t.TempDir(), file)
		if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	return write("certificate.pem", "CERTIFICATE", der), write("key.pem", "EC PRIVATE KEY", keyDER)
}

func freePort(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	return strconv.Itoa(listener.Addr().(*net.TCPAddr).Port)
}

// refusal is what opening a connection says; empty when the database answers.
func refusal(t *testing.T, pairs ...string) string {
	t.Helper()
	config, err := ConfigFrom(environment(append([]string{"DB_PASSWORD", "x", "DB_HOSTNAME", "127.0.0.1", "DB_NAME", "usermgmt", "CALL_TIMEOUT", "20s"}, pairs...)...))
	if err != nil {
		t.Fatal(err)
	}
	users, err := OpenUsers(config)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = users.db.Close() }()
	if err := users.db.Ping(); err != nil {
		return err.Error()
	}
	return ""
}

func TestTheDatabaseMustShowACertificateOfItsNameByTheAuthorityThatIsGiven(t *testing.T) {
	ours, other := newAuthority(t), newAuthority(t)
	certificate, key := ours.files(t, "db.example.com")
	port := freePort(t)
	database(t, "--bind-address=127.0.0.1", "--port="+port, "--ssl-cert="+certificate, "--ssl-key="+key)
	for _, c := range []struct {
		what, ca, name, says string
	}{
		{"the right one", ours.pem(), "db.example.com", ""},
		{"of another name", ours.pem(), "other.example.com", "not other.example.com"},
		{"by its address alone", ours.pem(), "", "127.0.0.1"},
		{"of another authority", other.pem(), "db.example.com", "unknown authority"},
		{"of none that the system knows", "", "db.example.com", "unknown authority"},
	} {
		if got := refusal(t, "DB_PORT", port, "DB_CA", c.ca, "DB_TLS_NAME", c.name); (got == "") != (c.says == "") || !strings.Contains(got, c.says) {
			t.Errorf("%s: got %q", c.what, got)
		}
	}
}

func TestADatabaseWithoutTLSIsRefusedUnlessThatIsSaid(t *testing.T) {
	port := freePort(t)
	database(t, "--bind-address=127.0.0.1", "--port="+port, "--skip-ssl")
	if got := refusal(t, "DB_PORT", port); !strings.Contains(got, "TLS") {
		t.Errorf("got %q", got)
	}
	if got := refusal(t, "DB_PORT", port, "DB_TLS", "off"); got != "" {
		t.Errorf("got %q", got)
	}
}

func TestWhatIsWrongWithTLSIsNamed(t *testing.T) {
	for _, c := range []struct{ name, value, says string }{
		{"DB_TLS", "preferred", `DB_TLS="preferred" is neither verify nor off`},
		{"DB_CA", "text", "DB_CA holds no certificate"},
	} {
		if _, err := ConfigFrom(environment("DB_PASSWORD", "x", c.name, c.value)); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("got %v", err)
		}
	}
}
