package notifications

import (
	"crypto/pbkdf2"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/http"
	"net/mail"
	"regexp"
	"strings"

	"upshift/services/internal/problem"
)

// User is one user as others may see it.
type User struct {
	Username  string `json:"username"`
	Email     string `json:"email"`
	Role      string `json:"role"`
	Enabled   bool   `json:"enabled"`
	Firstname string `json:"firstname"`
	Lastname  string `json:"lastname"`
}

// NewUser is a user as it is sent to be created.
type NewUser struct {
	User
	Password string `json:"password"`
}

var usernames = regexp.MustCompile(`^[A-Za-z0-9._-]{1,50}$`)

// check finds everything that is wrong with the user, and tells it with 422.
func (u User) check(more ...string) error {
	wrong := more
	if !usernames.MatchString(u.Username) {
		wrong = append(wrong, "username must be 1 to 50 letters, digits, dots, dashes or underscores")
	}
	if address, err := mail.ParseAddress(u.Email); err != nil || address.Address != u.Email || len(u.Email) > 100 {
		wrong = append(wrong, "email must be an address of at most 100 characters")
	}
	for name, text := range map[string]string{"firstname": u.Firstname, "lastname": u.Lastname, "role": u.Role} {
		if len(text) > 50 {
			wrong = append(wrong, name+" must have at most 50 bytes")
		}
	}
	if len(wrong) > 0 {
		return problem.New(http.StatusUnprocessableEntity, "%s", strings.Join(wrong, "; "))
	}
	return nil
}

func (u NewUser) check() error {
	if len(u.Password) < 8 || len(u.Password) > 100 {
		return u.User.check("password must have 8 to 100 bytes")
	}
	return u.User.check()
}

// rounds is how often a password is hashed, as OWASP recommends it for PBKDF2 with SHA-256.
const rounds = 600_000

// hashed is what is kept of a password.
func hashed(password string) (string, error) {
	salt := make([]byte, 16)
	_, _ = rand.Read(salt) // never fails
	key, err := pbkdf2.Key(sha256.New, password, salt, rounds, sha256.Size)
	if err != nil {
		return "", err
	}
	encode := base64.RawStdEncoding.EncodeToString
	return fmt.Sprintf("$pbkdf2-sha256$%d$%s$%s", rounds, encode(salt), encode(key)), nil
}
