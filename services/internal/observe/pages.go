package observe

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"net/http"
	"time"

	"upshift/services/internal/problem"
)

//go:embed pages/*.html
var files embed.FS

var pages = template.Must(template.New("").Funcs(template.FuncMap{
	"picture": pictureOf,
	"bars":    barsOf,
	"ms":      func(microseconds int64) string { return fmt.Sprintf("%.1f ms", float64(microseconds)/1000) },
	"at":      func(microseconds int64) string { return time.UnixMicro(microseconds).UTC().Format("15:04:05") },
	"one":     func(value float64) string { return fmt.Sprintf("%.1f", value) },
	"percent": func(value float64) string { return fmt.Sprintf("%.2f %%", value) },
}).ParseFS(files, "pages/*.html"))

// page answers with the page of that name, or with what went wrong; a page shows itself anew every ten seconds.
func page[T any](name string, answer func(*http.Request) (T, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		value, err := answer(r)
		content := map[string]any{"Page": name, "Value": value}
		if err != nil {
			content["Error"] = problem.From(err).Message
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			w.WriteHeader(problem.From(err).Status)
		}
		var text bytes.Buffer
		if err := pages.ExecuteTemplate(&text, "frame.html", content); err != nil {
			problem.Write(w, r, err, "")
			return
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = w.Write(text.Bytes())
	}
}

// bar is a span as a bar: its place and length in percent of the trace.
type bar struct {
	Span
	Left, Width float64
	Depth       int
}

func barsOf(trace Trace) []bar {
	if len(trace.Spans) == 0 {
		return nil
	}
	summary := summaryOf(trace)
	whole := float64(max(summary.Duration, 1))
	parents := map[string]string{}
	for _, span := range trace.Spans {
		parents[span.ID] = span.ParentID
	}
	var bars []bar
	for _, span := range trace.Spans {
		depth := 0
		// A span that names itself among its ancestors must not be followed for ever.
		for id := span.ParentID; id != "" && depth < 20; id = parents[id] {
			depth++
		}
		bars = append(bars, bar{span, 100 * float64(span.Begin-summary.Begin) / whole, max(0.3, 100*float64(span.Duration)/whole), depth})
	}
	return bars
}
