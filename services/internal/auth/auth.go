package auth

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/json"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"time"

	"upshift/services/internal/server"
)

// scopes are what the client may ask for; it gets all when it asks for none.
var scopes = []string{"product:read", "product:write"}

// Server gives out tokens.
type Server struct {
	issuer *issuer
	config Config
	log    *slog.Logger
}

// New makes an authorization server; the error is about its key.
func New(config Config, log *slog.Logger) (*Server, error) {
	issuer, err := newIssuer(config)
	if err != nil {
		return nil, err
	}
	return &Server{issuer, config, log}, nil
}

// Warm signs once: the first signature with a key costs more than the later ones.
func (s *Server) Warm() error {
	_, err := s.issuer.token("warm-up", "", time.Now())
	return err
}

// Routes are those of the server for the pod with the given address.
func (s *Server) Routes(address string) http.Handler {
	routes := server.NewRoutes(address, s.log)
	routes.HandleRaw("POST /oauth/token", s.token)
	routes.Handle("GET /.well-known/jwks.json", s.keys)
	routes.Handle("GET /oauth2/jwks", s.keys)
	return routes
}

func (s *Server) keys(*http.Request) (any, error) { return s.issuer.keys, nil }

// token answers as RFC 6749 says, in success (5.1) and in failure (5.2).
func (s *Server) token(w http.ResponseWriter, r *http.Request) {
	granted, refused := s.grant(r)
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Pragma", "no-cache")
	if refused != nil {
		if refused.status == http.StatusUnauthorized {
			w.Header().Set("WWW-Authenticate", `Basic realm="oauth"`)
		}
		w.WriteHeader(refused.status)
		_ = json.NewEncoder(w).Encode(refused) // a caller who is gone can't be told more
		return
	}
	_ = json.NewEncoder(w).Encode(granted)
}

type granted struct {
	AccessToken string `json:"access_token"`
	TokenType   string `json:"token_type"`
	ExpiresIn   int    `json:"expires_in"` // seconds
	Scope       string `json:"scope"`
}

type refused struct {
	status      int
	Code        string `json:"error"`
	Description string `json:"error_description"`
}

func (s *Server) grant(r *http.Request) (*granted, *refused) {
	// The client first: whoever is not a client learns nothing about users.
	if id, secret, ok := r.BasicAuth(); !ok || !both(id, s.config.ClientID, secret, s.config.ClientSecret) {
		return nil, &refused{http.StatusUnauthorized, "invalid_client", "Client id and secret are wanted by HTTP Basic"}
	}
	if err := r.ParseForm(); err != nil {
		return nil, badRequest("invalid_request", "The body is not a form")
	}
	subject, no := s.subject(r)
	if no != nil {
		return nil, no
	}
	scope, ok := scopeFor(r.PostForm.Get("scope"))
	if !ok {
		return nil, badRequest("invalid_scope", "Scopes are "+strings.Join(scopes, " "))
	}
	token, err := s.issuer.token(subject, scope, time.Now())
	if err != nil {
		s.log.Error("signing failed", "error", err.Error())
		return nil, &refused{http.StatusInternalServerError, "server_error", "The token can't be signed"}
	}
	return &granted{token, "bearer", int(s.config.Lifetime.Seconds()), scope}, nil
}

// subject is whom the token is for, by the grant that the request asks for.
func (s *Server) subject(r *http.Request) (string, *refused) {
	switch grant := r.PostForm.Get("grant_type"); grant {
	case "password":
		if !both(r.PostForm.Get("username"), s.config.UserName, r.PostForm.Get("password"), s.config.UserPassword) {
			return "", badRequest("invalid_grant", "User name or password is wrong")
		}
		return s.config.UserName, nil
	case "client_credentials":
		return s.config.ClientID, nil
	case "":
		return "", badRequest("invalid_request", "grant_type is missing from the form")
	default:
		return "", badRequest("unsupported_grant_type", "Grants are password and client_credentials")
	}
}

func badRequest(code, description string) *refused {
	return &refused{http.StatusBadRequest, code, description}
}

func scopeFor(asked string) (string, bool) {
	if asked == "" {
		return strings.Join(scopes, " "), true
	}
	for _, scope := range strings.Fields(asked) {
		if !slices.Contains(scopes, scope) {
			return "", false
		}
	}
	return strings.Join(strings.Fields(asked), " "), true
}

// both compares two pairs in a time that tells neither which of them differs, nor where, nor in length.
func both(name, wantName, secret, wantSecret string) bool {
	return same(name, wantName)&same(secret, wantSecret) == 1
}

func same(given, want string) int {
	a, b := sha256.Sum256([]byte(given)), sha256.Sum256([]byte(want))
	return subtle.ConstantTimeCompare(a[:], b[:])
}
