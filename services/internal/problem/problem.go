// Package problem is the one shape in which the services tell callers what went wrong.
package problem

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"
)

// Problem is an error with an HTTP status. Path, Timestamp and ServiceAddress are filled in when it is written.
type Problem struct {
	Timestamp time.Time `json:"timestamp"`
	Path      string    `json:"path"`
	Status    int       `json:"status"`
	Message   string    `json:"message"`
	// ServiceAddress names the pod that failed, so that failures can be counted per version, as successes are.
	ServiceAddress string `json:"serviceAddress,omitempty"`
}

// New makes a problem from a status and a message in the manner of fmt.Sprintf.
func New(status int, format string, args ...any) *Problem {
	return &Problem{Status: status, Message: fmt.Sprintf(format, args...)}
}

// Error makes a Problem an error.
func (p *Problem) Error() string { return p.Message }

// From finds the Problem in err; any other error becomes a 500 whose details stay in the log, out of the answer.
func From(err error) *Problem {
	var p *Problem
	if errors.As(err, &p) {
		return p
	}
	return New(http.StatusInternalServerError, "Internal error")
}

// Write answers r with err as JSON. serviceAddress is used where err does not name another service's pod already.
func Write(w http.ResponseWriter, r *http.Request, err error, serviceAddress string) {
	p := *From(err)
	p.Timestamp = time.Now().UTC()
	p.Path = r.URL.Path
	if p.ServiceAddress == "" {
		p.ServiceAddress = serviceAddress
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(p.Status)
	_ = json.NewEncoder(w).Encode(p) // the status is sent: a caller who is gone can't be told more
}
