package tiers

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"upshift/services/internal/server"
)

var silent = slog.New(slog.DiscardHandler)

func env(values map[string]string) func(string) string {
	return func(name string) string { return values[name] }
}

// ask sends one request to a frontend of a version in front of the given backend.
func ask(t *testing.T, version string, backend http.Handler) *httptest.ResponseRecorder {
	t.Helper()
	callee := httptest.NewServer(backend)
	t.Cleanup(callee.Close)
	w := httptest.NewRecorder()
	Frontend("frontend-a", version, FrontendConfig{callee.URL, 5 * time.Second}, silent).ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
	return w
}

func TestTheAnswerNamesTheVersionsOfBothTiers(t *testing.T) {
	for _, version := range []string{"v1", "v2"} {
		w := ask(t, version, Backend("backend-a", version, []string{version}, silent))
		if want := "frontend:" + version + " - backend:" + version + "\n"; w.Code != 200 || w.Body.String() != want {
			t.Errorf("got %d %q, want %q", w.Code, w.Body, want)
		}
	}
}

func TestABackendRefusesAFrontendOfAnotherVersionAndThatFailsTheRequest(t *testing.T) {
	for _, mixed := range [][2]string{{"v1", "v2"}, {"v2", "v1"}} {
		backend := Backend("backend-a", mixed[1], Accepts(env(nil), mixed[1]), silent)
		w := ask(t, mixed[0], backend)
		if w.Code != http.StatusBadGateway || !strings.Contains(w.Body.String(), "answered 409") || !strings.Contains(w.Body.String(), "frontend:"+mixed[0]) {
			t.Errorf("%v: %d %s", mixed, w.Code, w.Body)
		}
	}
}

func TestABackendAnswersTheVersionsThatAreDeclaredCompatible(t *testing.T) {
	accepts := Accepts(env(map[string]string{"ACCEPTS": "v1, v2"}), "v2")
	if !slices.Equal(accepts, []string{"v1", "v2"}) {
		t.Fatalf("accepts %q", accepts)
	}
	backend := Backend("backend-a", "v2", accepts, silent)
	if w := ask(t, "v1", backend); w.Code != 200 || w.Body.String() != "frontend:v1 - backend:v2\n" {
		t.Errorf("got %d %q", w.Code, w.Body)
	}
	if w := ask(t, "v3", backend); w.Code != http.StatusBadGateway {
		t.Errorf("v3 was not declared: %d %s", w.Code, w.Body)
	}
}

func TestABackendThatIsPokedWithoutAFrontendAnswers(t *testing.T) {
	w := httptest.NewRecorder()
	Backend("backend-a", "v2", []string{"v2"}, silent).ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
	if w.Code != 200 || strings.TrimSpace(w.Body.String()) != `{"tier":"backend","version":"v2"}` {
		t.Errorf("got %d %s", w.Code, w.Body)
	}
}

func TestWhoServedIsTakenOverFromTheBackendAlsoWhereItRefuses(t *testing.T) {
	for status, says := range map[int]string{200: "backend=v1", 409: "backend=v2"} {
		w := ask(t, "v1", http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set(server.ServedByHeader, says)
			w.WriteHeader(status)
			_, _ = w.Write([]byte(`{"tier":"backend","version":"v1"}`))
		}))
		if got := w.Header().Get(server.ServedByHeader); got != says {
			t.Errorf("%d: served by %q", status, got)
		}
	}
}

func TestAFrontendTellsItsVersionAndTakesTheTracersHeadersAlong(t *testing.T) {
	var got http.Header
	callee := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { got = r.Header }))
	defer callee.Close()
	r := httptest.NewRequest("GET", "/", nil)
	r.Header.Set("traceparent", "00-1-2-01")
	Frontend("frontend-a", "v7", FrontendConfig{callee.URL, 5 * time.Second}, silent).ServeHTTP(httptest.NewRecorder(), r)
	if got.Get(callerHeader) != "v7" || got.Get("traceparent") != "00-1-2-01" {
		t.Errorf("the backend got %v", got)
	}
}

func TestAFrontendWithoutABackendDoesNotStart(t *testing.T) {
	for _, address := range []string{"", "backend-v1", "ftp://backend-v1", "http://"} {
		if _, err := FrontendConfigFrom(env(map[string]string{"BACKEND": address, "CALL_TIMEOUT": "soon"})); err == nil ||
			!strings.Contains(err.Error(), "BACKEND=") || !strings.Contains(err.Error(), "CALL_TIMEOUT=") {
			t.Errorf("%q: %v", address, err)
		}
	}
	config, err := FrontendConfigFrom(env(map[string]string{"BACKEND": "http://backend-v1"}))
	if err != nil || config != (FrontendConfig{"http://backend-v1", 2 * time.Second}) {
		t.Errorf("got %v %v", config, err)
	}
}
