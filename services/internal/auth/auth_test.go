package auth

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
)

var testKey = sync.OnceValue(func() *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, minKeyBits)
	if err != nil {
		panic(err)
	}
	return key
})

func configured() Config {
	return Config{
		ClientID: "writer", ClientSecret: "secret", UserName: "magnus", UserPassword: "password",
		Issuer: "https://minikube.me", Audience: "product-composite", Lifetime: time.Hour, Key: testKey(),
	}
}

func opened(t *testing.T, log *slog.Logger) http.Handler {
	t.Helper()
	s, err := New(configured(), log)
	if err != nil {
		t.Fatal(err)
	}
	return s.Routes("auth-a")
}

func form(pairs ...string) url.Values {
	values := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		values.Set(pairs[i], pairs[i+1])
	}
	return values
}

var passwordGrant = form("grant_type", "password", "username", "magnus", "password", "password")

func post(service http.Handler, client, secret string, body url.Values) *httptest.ResponseRecorder {
	r := httptest.NewRequest("POST", "/oauth/token", strings.NewReader(body.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if client != "" {
		r.SetBasicAuth(client, secret)
	}
	w := httptest.NewRecorder()
	service.ServeHTTP(w, r)
	return w
}

func decoded[T any](t *testing.T, w *httptest.ResponseRecorder) T {
	t.Helper()
	var value T
	if err := json.Unmarshal(w.Body.Bytes(), &value); err != nil {
		t.Fatalf("not the JSON expected: %v: %s", err, w.Body)
	}
	return value
}

// verified checks a token as the mesh does: with the key of its kid from the published set.
func verified(t *testing.T, service http.Handler, path, token string) (jwt.Claims, extraClaims) {
	t.Helper()
	w := httptest.NewRecorder()
	service.ServeHTTP(w, httptest.NewRequest("GET", path, nil))
	parsed, err := jwt.ParseSigned(token, []jose.SignatureAlgorithm{jose.RS256})
	if err != nil {
		t.Fatal(err)
	}
	set := decoded[jose.JSONWebKeySet](t, w)
	keys := set.Key(parsed.Headers[0].KeyID)
	if len(keys) != 1 || !keys[0].IsPublic() || keys[0].Algorithm != "RS256" || keys[0].Use != "sig" {
		t.Fatalf("the set has not the public key %q: %s", parsed.Headers[0].KeyID, w.Body)
	}
	var claims jwt.Claims
	var extra extraClaims
	if err := parsed.Claims(keys[0], &claims, &extra); err != nil {
		t.Fatal(err)
	}
	return claims, extra
}

func TestAUserGetsATokenThatThePublishedKeyVerifies(t *testing.T) {
	service := opened(t, slog.New(slog.DiscardHandler))
	w := post(service, "writer", "secret", passwordGrant)
	got := decoded[granted](t, w)
	if w.Code != 200 || got.TokenType != "bearer" || got.ExpiresIn != 3600 || got.Scope != "product:read product:write" || w.Header().Get("Cache-Control") != "no-store" {
		t.Errorf("got %d %v %+v", w.Code, w.Header(), got)
	}
	for _, path := range []string{"/.well-known/jwks.json", "/oauth2/jwks"} {
		claims, extra := verified(t, service, path, got.AccessToken)
		if err := claims.Validate(jwt.Expected{Issuer: "https://minikube.me", Subject: "magnus", AnyAudience: jwt.Audience{"product-composite"}}); err != nil {
			t.Error(err)
		}
		if until := time.Until(claims.Expiry.Time()); until < 59*time.Minute || until > time.Hour {
			t.Errorf("it expires in %v", until)
		}
		if extra.Scope != got.Scope || extra.ClientID != "writer" {
			t.Errorf("got %+v", extra)
		}
	}
}

func TestAClientGetsATokenOfItsOwnAndOnlyTheScopeItAsksFor(t *testing.T) {
	service := opened(t, slog.New(slog.DiscardHandler))
	got := decoded[granted](t, post(service, "writer", "secret", form("grant_type", "client_credentials", "scope", "product:read")))
	claims, extra := verified(t, service, "/oauth2/jwks", got.AccessToken)
	if got.Scope != "product:read" || extra.Scope != "product:read" || claims.Subject != "writer" {
		t.Errorf("got %+v %+v %+v", got, claims, extra)
	}
}

func TestARefusalHasTheStatusAndCodeOfTheStandard(t *testing.T) {
	service := opened(t, slog.New(slog.DiscardHandler))
	for _, c := range []struct {
		what, client, secret string
		body                 url.Values
		status               int
		code                 string
	}{
		{"no client", "", "", passwordGrant, 401, "invalid_client"},
		{"another client", "reader", "secret", passwordGrant, 401, "invalid_client"},
		{"a wrong secret", "writer", "secre", passwordGrant, 401, "invalid_client"},
		{"an empty secret", "writer", "", passwordGrant, 401, "invalid_client"},
		{"another user", "writer", "secret", form("grant_type", "password", "username", "eve", "password", "password"), 400, "invalid_grant"},
		{"a wrong password", "writer", "secret", form("grant_type", "password", "username", "magnus", "password", "x"), 400, "invalid_grant"},
		{"no password", "writer", "secret", form("grant_type", "password", "username", "magnus"), 400, "invalid_grant"},
		{"another grant", "writer", "secret", form("grant_type", "implicit"), 400, "unsupported_grant_type"},
		{"no grant", "writer", "secret", form(), 400, "invalid_request"},
		{"an unknown scope", "writer", "secret", form("grant_type", "client_credentials", "scope", "admin"), 400, "invalid_scope"},
	} {
		w := post(service, c.client, c.secret, c.body)
		if got := decoded[refused](t, w); w.Code != c.status || got.Code != c.code {
			t.Errorf("%s: want %d %s, got %d %s", c.what, c.status, c.code, w.Code, w.Body)
		}
		if challenge := w.Header().Get("WWW-Authenticate"); (challenge != "") != (c.status == 401) {
			t.Errorf("%s: WWW-Authenticate is %q", c.what, challenge)
		}
	}
}

func TestAPasswordInTheAddressIsNotTaken(t *testing.T) {
	r := httptest.NewRequest("POST", "/oauth/token?"+passwordGrant.Encode(), nil)
	r.SetBasicAuth("writer", "secret")
	w := httptest.NewRecorder()
	opened(t, slog.New(slog.DiscardHandler)).ServeHTTP(w, r)
	if w.Code != 400 {
		t.Errorf("got %d %s", w.Code, w.Body)
	}
}

func TestNothingIsLoggedOfWhoAsksForATokenWithWhat(t *testing.T) {
	var log bytes.Buffer
	service := opened(t, slog.New(slog.NewJSONHandler(&log, nil)))
	post(service, "writer", "secret", passwordGrant)
	post(service, "writer", "wrong", passwordGrant)
	if log.Len() > 0 {
		t.Errorf("got %s", &log)
	}
}

func file(t *testing.T, content []byte) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(name, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

func pemFile(t *testing.T, kind string, der []byte, err error) string {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	return file(t, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
}

func TestTheKeyIsReadFromPKCS1AndPKCS8AndSecretsFromFiles(t *testing.T) {
	pkcs8, err := x509.MarshalPKCS8PrivateKey(testKey())
	for _, keyFile := range []string{pemFile(t, "PRIVATE KEY", pkcs8, err), pemFile(t, "RSA PRIVATE KEY", x509.MarshalPKCS1PrivateKey(testKey()), nil)} {
		env := map[string]string{"SIGNING_KEY_FILE": keyFile, "CLIENT_SECRET_FILE": file(t, []byte("secret\n")), "USER_PASSWORD_FILE": file(t, []byte("password"))}
		got, err := ConfigFrom(func(name string) string { return env[name] })
		if err != nil || !got.Key.Equal(testKey()) {
			t.Fatalf("got %v", err)
		}
		if got.Key = testKey(); got != configured() {
			t.Errorf("the defaults are not the shop's: %+v", got)
		}
	}
}

func TestEverythingMissingOrWrongIsNamed(t *testing.T) {
	short, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Fatal(err)
	}
	curve, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	notRSA, err := x509.MarshalPKCS8PrivateKey(curve)
	for _, c := range []struct {
		env  map[string]string
		says []string
	}{
		{nil, []string{"CLIENT_SECRET is missing", "USER_PASSWORD is missing", "SIGNING_KEY_FILE is missing"}},
		{map[string]string{"CLIENT_SECRET_FILE": "/nowhere", "TOKEN_LIFETIME": "0s"}, []string{"CLIENT_SECRET_FILE: open /nowhere", `TOKEN_LIFETIME="0s"`}},
		{map[string]string{"CLIENT_SECRET_FILE": file(t, []byte("\n"))}, []string{"is empty"}},
		{map[string]string{"SIGNING_KEY_FILE": file(t, []byte("text"))}, []string{"it is not PEM"}},
		{map[string]string{"SIGNING_KEY_FILE": pemFile(t, "PRIVATE KEY", []byte("text"), nil)}, []string{"neither a PKCS8 nor a PKCS1"}},
		{map[string]string{"SIGNING_KEY_FILE": pemFile(t, "PRIVATE KEY", notRSA, err)}, []string{"asks for RSA"}},
		{map[string]string{"SIGNING_KEY_FILE": pemFile(t, "RSA PRIVATE KEY", x509.MarshalPKCS1PrivateKey(short), nil)}, []string{"1024 bits"}},
	} {
		_, err := ConfigFrom(func(name string) string { return c.env[name] })
		for _, want := range c.says {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%v: %q is missing from: %v", c.env, want, err)
			}
		}
	}
}
