package demoapp

import (
	"log/slog"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestThePageShowsTheVersionAndThePod(t *testing.T) {
	for _, version := range []string{"v1", "v2"} {
		w := httptest.NewRecorder()
		New("flaskapp-a", version, slog.New(slog.DiscardHandler)).ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
		if page := w.Body.String(); w.Code != 200 || !strings.Contains(page, "<h1>"+version+"</h1>") || !strings.Contains(page, "flaskapp-a") {
			t.Errorf("%d %s", w.Code, page)
		}
		if got := w.Header().Get("Content-Type"); got != "text/html; charset=utf-8" {
			t.Errorf("content type %q", got)
		}
	}
}

func TestThereIsNothingElse(t *testing.T) {
	w := httptest.NewRecorder()
	New("flaskapp-a", "v1", slog.New(slog.DiscardHandler)).ServeHTTP(w, httptest.NewRequest("GET", "/other", nil))
	if w.Code != 404 {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}
