package auth

import (
	"crypto"
	"crypto/rand"
	"encoding/base64"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
)

// issuer signs tokens with one key and publishes the key's public half.
type issuer struct {
	config Config
	signer jose.Signer
	keys   jose.JSONWebKeySet
}

func newIssuer(config Config) (*issuer, error) {
	public := jose.JSONWebKey{Key: config.Key.Public(), Algorithm: string(jose.RS256), Use: "sig"}
	thumbprint, err := public.Thumbprint(crypto.SHA256) // RFC 7638: the same key has the same id in every replica
	if err != nil {
		return nil, err
	}
	public.KeyID = base64.RawURLEncoding.EncodeToString(thumbprint)
	signingKey := jose.SigningKey{Algorithm: jose.RS256, Key: jose.JSONWebKey{Key: config.Key, KeyID: public.KeyID}}
	signer, err := jose.NewSigner(signingKey, (&jose.SignerOptions{}).WithType("JWT"))
	if err != nil {
		return nil, err
	}
	return &issuer{config, signer, jose.JSONWebKeySet{Keys: []jose.JSONWebKey{public}}}, nil
}

type extraClaims struct {
	Scope    string `json:"scope"`
	ClientID string `json:"client_id"`
}

// token signs a token for subject with the given scope, valid from now on.
func (i *issuer) token(subject, scope string, now time.Time) (string, error) {
	claims := jwt.Claims{
		Issuer:   i.config.Issuer,
		Subject:  subject,
		Audience: jwt.Audience{i.config.Audience},
		IssuedAt: jwt.NewNumericDate(now),
		Expiry:   jwt.NewNumericDate(now.Add(i.config.Lifetime)),
		ID:       rand.Text(),
	}
	return jwt.Signed(i.signer).Claims(claims).Claims(extraClaims{scope, i.config.ClientID}).Serialize()
}
