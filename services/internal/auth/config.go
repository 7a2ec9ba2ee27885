// Package auth is the authorization server: it gives out tokens that the mesh checks at the gateway.
package auth

import (
	"cmp"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"
)

// minKeyBits is the least RS256 asks for.
const minKeyBits = 2048

// Config is who may have a token, and what it says.
type Config struct {
	// ClientID is CLIENT_ID; default writer. ClientSecret is CLIENT_SECRET, or what the file CLIENT_SECRET_FILE holds.
	ClientID, ClientSecret string
	// UserName is USER_NAME; default magnus. UserPassword is USER_PASSWORD, or what the file USER_PASSWORD_FILE holds.
	UserName, UserPassword string
	// Issuer is ISSUER; default https://minikube.me.
	Issuer string
	// Audience is AUDIENCE; default product-composite.
	Audience string
	// Lifetime of a token is TOKEN_LIFETIME; default 1h.
	Lifetime time.Duration
	// Key is read from the PEM file (PKCS8 or PKCS1) that SIGNING_KEY_FILE names, so that replicas share one.
	Key *rsa.PrivateKey
}

// ConfigFrom reads the configuration through getenv; the error names everything that is missing or wrong.
func ConfigFrom(getenv func(string) string) (Config, error) {
	secret, noSecret := secretFrom(getenv, "CLIENT_SECRET")
	password, noPassword := secretFrom(getenv, "USER_PASSWORD")
	lifetime, noLifetime := time.ParseDuration(cmp.Or(getenv("TOKEN_LIFETIME"), "1h"))
	if noLifetime != nil || lifetime < time.Second {
		noLifetime = fmt.Errorf("TOKEN_LIFETIME=%q is not a duration of a second or more, such as 1h", getenv("TOKEN_LIFETIME"))
	}
	key, noKey := keyFrom(getenv("SIGNING_KEY_FILE"))
	return Config{
		ClientID:     cmp.Or(getenv("CLIENT_ID"), "writer"),
		ClientSecret: secret,
		UserName:     cmp.Or(getenv("USER_NAME"), "magnus"),
		UserPassword: password,
		Issuer:       cmp.Or(getenv("ISSUER"), "https://minikube.me"),
		Audience:     cmp.Or(getenv("AUDIENCE"), "product-composite"),
		Lifetime:     lifetime,
		Key:          key,
	}, errors.Join(noSecret, noPassword, noLifetime, noKey)
}

func secretFrom(getenv func(string) string, name string) (string, error) {
	if value := getenv(name); value != "" {
		return value, nil
	}
	file := getenv(name + "_FILE")
	if file == "" {
		return "", fmt.Errorf("%s is missing: set it, or set %s_FILE to a file that holds it", name, name)
	}
	content, err := os.ReadFile(file)
	if err != nil {
		return "", fmt.Errorf("%s_FILE: %w", name, err)
	}
	value := strings.TrimRight(string(content), "\r\n")
	if value == "" {
		return "", fmt.Errorf("%s_FILE: %s is empty", name, file)
	}
	return value, nil
}

func keyFrom(file string) (*rsa.PrivateKey, error) {
	if file == "" {
		return nil, errors.New("SIGNING_KEY_FILE is missing: set it to a PEM file with an RSA private key")
	}
	content, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("SIGNING_KEY_FILE: %w", err)
	}
	key, err := parseKey(content)
	if err != nil {
		return nil, fmt.Errorf("SIGNING_KEY_FILE: %s: %w", file, err)
	}
	return key, nil
}

func parseKey(content []byte) (*rsa.PrivateKey, error) {
	block, _ := pem.Decode(content)
	if block == nil {
		return nil, errors.New("it is not PEM; make one with: openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048")
	}
	key, err := parseRSA(block.Bytes)
	if err != nil {
		return nil, err
	}
	if key.N.BitLen() < minKeyBits {
		return nil, fmt.Errorf("its key has %d bits, and RS256 asks for %d or more", key.N.BitLen(), minKeyBits)
	}
	return key, nil
}

func parseRSA(der []byte) (*rsa.PrivateKey, error) {
	if key, err := x509.ParsePKCS1PrivateKey(der); err == nil {
		return key, nil
	}
	parsed, err := x509.ParsePKCS8PrivateKey(der)
	if err != nil {
		return nil, errors.New("it holds neither a PKCS8 nor a PKCS1 private key")
	}
	key, ok := parsed.(*rsa.PrivateKey)
	if !ok {
		return nil, fmt.Errorf("it holds a key of type %T, and RS256 asks for RSA", parsed)
	}
	return key, nil
}
