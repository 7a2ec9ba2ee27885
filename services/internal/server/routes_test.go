package server

import (
	"bytes"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"upshift/services/internal/problem"
)

func listener(t *testing.T) net.Listener {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return l
}

func recorded(handler http.Handler, path string) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, httptest.NewRequest("GET", path, nil))
	return w
}

func TestAnUnknownPathOrMethodIsAnsweredInJSON(t *testing.T) {
	routes := NewRoutes("pod-a", silent)
	routes.Handle("POST /thing", func(*http.Request) (any, error) { return nil, nil })
	if w := recorded(routes, "/other"); w.Code != 404 || w.Header().Get("Content-Type") != "application/json" || !strings.Contains(w.Body.String(), `"message":"Not Found: GET /other"`) {
		t.Errorf("got %d %v %s", w.Code, w.Header(), w.Body)
	}
	if w := recorded(routes, "/thing"); w.Code != 405 || w.Header().Get("Allow") != "POST" || !strings.Contains(w.Body.String(), `"status":405`) {
		t.Errorf("got %d %v %s", w.Code, w.Header(), w.Body)
	}
}

func TestAPanicIsA500WhoseCauseIsInTheLogAlone(t *testing.T) {
	var log bytes.Buffer
	routes := NewRoutes("pod-a", slog.New(slog.NewJSONHandler(&log, nil)))
	routes.Handle("GET /", func(*http.Request) (any, error) { panic("the cause") })
	if w := recorded(routes, "/"); w.Code != 500 || strings.Contains(w.Body.String(), "the cause") {
		t.Errorf("got %d %s", w.Code, w.Body)
	}
	if !strings.Contains(log.String(), "the cause") || strings.Count(log.String(), "\n") != 1 {
		t.Errorf("the log is not one line with the cause: %s", &log)
	}
}

func TestOnlyServerErrorsAreLogged(t *testing.T) {
	var log bytes.Buffer
	routes := NewRoutes("pod-a", slog.New(slog.NewJSONHandler(&log, nil)))
	routes.Handle("GET /missing", func(*http.Request) (any, error) { return nil, problem.New(404, "none") })
	routes.Handle("GET /broken", func(*http.Request) (any, error) { return nil, problem.New(503, "broken") })
	recorded(routes, "/missing")
	if log.Len() > 0 {
		t.Errorf("a 404 was logged: %s", &log)
	}
	recorded(routes, "/broken")
	if !strings.Contains(log.String(), `"error":"broken"`) {
		t.Errorf("a 503 was not logged: %s", &log)
	}
}

func TestABodyOfMoreThanAMebibyteIsRefused(t *testing.T) {
	routes := NewRoutes("pod-a", silent)
	routes.Handle("POST /", func(r *http.Request) (any, error) { return ReadJSON[string](r) })
	for size, want := range map[int]int{maxBody: 200, maxBody + 1: 413} {
		w := httptest.NewRecorder()
		routes.ServeHTTP(w, httptest.NewRequest("POST", "/", strings.NewReader(`"`+strings.Repeat("x", size-2)+`"`)))
		if w.Code != want {
			t.Errorf("%d bytes: want %d, got %d", size, want, w.Code)
		}
	}
}
