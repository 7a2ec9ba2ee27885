package remote

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"upshift/services/internal/problem"
)

func TestTheNamedAndTheUsualHeadersAreForwardedAndNoOthers(t *testing.T) {
	incoming := http.Header{}
	for _, name := range append([]string{"X-group", "Authorization"}, taken...) {
		incoming.Set(name, "value of "+name)
	}
	outgoing := Forwarded(incoming, "x-group", "user-agent")
	for _, name := range append([]string{"X-group"}, taken...) {
		if got := outgoing.Get(name); got != "value of "+name {
			t.Errorf("%s is %q", name, got)
		}
	}
	if len(outgoing) != len(taken)+1 {
		t.Errorf("too much went along: %v", outgoing)
	}
}

func TestAnAnswersHeadersAreKnownAlsoWhenItIsAnError(t *testing.T) {
	status := http.StatusOK
	callee := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("X-Served-By", "customers=v2")
		w.WriteHeader(status)
		_, _ = w.Write([]byte(`{}`))
	}))
	defer callee.Close()
	for from, to := range map[int]int{200: 200, 404: 404, 500: 502, 503: 503} {
		status = from
		var answer struct{}
		headers, err := Service{"customers", callee.URL, NewClient(5 * time.Second)}.Call(t.Context(), nil, "GET", "/", nil, &answer)
		if got := headers.Get("X-Served-By"); got != "customers=v2" {
			t.Errorf("%d: served by %q", from, got)
		}
		if (err == nil) != (to == 200) || err != nil && problem.From(err).Status != to {
			t.Errorf("%d: got %v", from, err)
		}
	}
}
