package xray

import (
	_ "embed"
	"html/template"
	"log/slog"
	"net"
	"net/http"
	"strconv"
	"time"

	"upshift/services/internal/problem"
	"upshift/services/internal/server"
)

//go:embed collector.html
var html string

var (
	pages = template.Must(template.New("collector").Parse(html))
	page  = pages.Lookup("page")
	drawn = pages.Lookup("map")
)

// oneHour is as far back as one may look, in seconds.
const oneHour = 3600

// DaemonPort is where X-Ray's daemon takes segments, UDP.
const DaemonPort = ":2000"

// Listen takes datagrams until the process ends.
func Listen(address string, store *Store, log *slog.Logger) (net.PacketConn, error) {
	connection, err := net.ListenPacket("udp", address)
	if err != nil {
		return nil, err
	}
	go func() {
		datagram := make([]byte, 64<<10)
		for {
			length, from, err := connection.ReadFrom(datagram)
			if err != nil {
				log.Error("no more segments are taken", "error", err.Error())
				return
			}
			if err := store.Take(datagram[:length], time.Now()); err != nil {
				log.Debug("refused a datagram", "from", from.String(), "error", err.Error())
			}
		}
	}()
	return connection, nil
}

// Collector are the routes of the collector: what it has taken, as JSON and to look at.
func Collector(address string, store *Store, log *slog.Logger) http.Handler {
	routes := server.NewRoutes(address, log)
	routes.HandlePage("GET /xray/{$}", page, func(_ http.Header, r *http.Request) (any, error) {
		seconds, traces, err := window(store, r)
		m := MapOf(traces)
		return struct {
			Seconds int
			Map     Map
			Picture Picture
			Traces  []Trace
		}{seconds, m, PictureOf(m), traces[:min(len(traces), 20)]}, err
	})
	routes.HandleRaw("GET /xray/map.svg", func(w http.ResponseWriter, r *http.Request) {
		_, traces, err := window(store, r)
		if err != nil {
			problem.Write(w, r, err, address)
			return
		}
		w.Header().Set("Content-Type", "image/svg+xml")
		_ = drawn.Execute(w, PictureOf(MapOf(traces))) // a caller who is gone can't be told more
	})
	routes.Handle("GET /xray/map", func(r *http.Request) (any, error) {
		_, traces, err := window(store, r)
		return MapOf(traces), err
	})
	routes.Handle("GET /xray/traces", func(r *http.Request) (any, error) {
		_, traces, err := window(store, r)
		return struct {
			Counts
			Newest []Trace `json:"newest"`
		}{store.Counts(), traces[:min(len(traces), 100)]}, err
	})
	routes.Handle("GET /xray/traces/{id}", func(r *http.Request) (any, error) {
		trace, known := store.Find(r.PathValue("id"))
		if !known {
			return nil, problem.New(http.StatusNotFound, "No trace %s, or no more: the newest %d are kept", r.PathValue("id"), maxTraces)
		}
		return trace, nil
	})
	return routes
}

// window are the traces of the last ?seconds=, by default of the last minute.
func window(store *Store, r *http.Request) (int, []Trace, error) {
	seconds := 60
	if text := r.URL.Query().Get("seconds"); text != "" {
		var err error
		if seconds, err = strconv.Atoi(text); err != nil || seconds < 1 || seconds > oneHour {
			return 0, nil, problem.New(http.StatusBadRequest, "seconds=%q is not a whole number from 1 to %d", text, oneHour)
		}
	}
	return seconds, store.Since(time.Now().Add(-time.Duration(seconds)*time.Second), maxTraces), nil
}
