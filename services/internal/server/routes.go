package server

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"runtime/debug"

	"upshift/services/internal/problem"
)

// AddressHeader carries, on every answer, the pod that gave it; a list that is empty has no other place for it.
const AddressHeader = "X-Service-Address"

// maxBody bounds what a caller may send, in bytes.
const maxBody = 1 << 20

// Routes is http.ServeMux with JSON in and out: handlers return a value or an error, and an unknown path or method is
// answered by a Problem as well.
type Routes struct {
	mux     *http.ServeMux
	address string
	log     *slog.Logger
}

// NewRoutes makes an empty table for the pod with the given address.
func NewRoutes(address string, log *slog.Logger) *Routes {
	return &Routes{http.NewServeMux(), address, log}
}

// Handle answers pattern (as in http.ServeMux) with what answer returns, as JSON.
func (t *Routes) Handle(pattern string, answer func(*http.Request) (any, error)) {
	t.HandleRaw(pattern, func(w http.ResponseWriter, r *http.Request) {
		value, err := answer(r)
		if err != nil {
			t.fail(w, r, err)
			return
		}
		writeJSON(w, http.StatusOK, value)
	})
}

// HandleRaw answers pattern with a handler that writes for itself.
func (t *Routes) HandleRaw(pattern string, handler http.HandlerFunc) {
	t.mux.HandleFunc(pattern, handler)
}

func (t *Routes) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set(AddressHeader, t.address)
	defer t.survive(w, r)
	r.Body = http.MaxBytesReader(w, r.Body, maxBody)
	handler, pattern := t.mux.Handler(r)
	if pattern == "" {
		t.unrouted(w, r, handler)
		return
	}
	t.mux.ServeHTTP(w, r)
}

// unrouted turns the mux's plain text 404 and 405 into Problems.
func (t *Routes) unrouted(w http.ResponseWriter, r *http.Request, refuse http.Handler) {
	refusal := refusal{header: http.Header{}}
	refuse.ServeHTTP(&refusal, r)
	if allow := refusal.header.Get("Allow"); allow != "" {
		w.Header().Set("Allow", allow)
	}
	problem.Write(w, r, problem.New(refusal.status, "%s: %s %s", http.StatusText(refusal.status), r.Method, r.URL.Path), t.address)
}

func (t *Routes) fail(w http.ResponseWriter, r *http.Request, err error) {
	callerGone := r.Context().Err() != nil
	if problem.From(err).Status >= http.StatusInternalServerError && !callerGone {
		t.log.Error("failed", "method", r.Method, "path", r.URL.Path, "error", err.Error())
	}
	problem.Write(w, r, err, t.address)
}

// survive answers 500 when a handler panics, where net/http would cut the connection without a word.
func (t *Routes) survive(w http.ResponseWriter, r *http.Request) {
	if thrown := recover(); thrown != nil {
		t.fail(w, r, fmt.Errorf("panic: %v\n%s", thrown, debug.Stack()))
	}
}

// ReadJSON decodes r's body into T; what can't be read is a 400 or 413 that says why.
func ReadJSON[T any](r *http.Request) (T, error) {
	var value T
	body, err := io.ReadAll(r.Body)
	if tooLarge := new(http.MaxBytesError); errors.As(err, &tooLarge) {
		return value, problem.New(http.StatusRequestEntityTooLarge, "The body has more than %d bytes", tooLarge.Limit)
	}
	if err != nil {
		return value, problem.New(http.StatusBadRequest, "The body can't be read: %s", err)
	}
	if err := json.Unmarshal(bytes.TrimSpace(body), &value); err != nil {
		return value, problem.New(http.StatusBadRequest, "The body is not the JSON expected here: %s", err)
	}
	return value, nil
}

func writeJSON(w http.ResponseWriter, code int, value any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	_ = json.NewEncoder(w).Encode(value) // the status is sent: a caller who is gone can't be told more
}

// refusal keeps the status and header of an answer and drops its text.
type refusal struct {
	header http.Header
	status int
}

func (n *refusal) Header() http.Header            { return n.header }
func (n *refusal) WriteHeader(status int)         { n.status = status }
func (n *refusal) Write(text []byte) (int, error) { return len(text), nil }
