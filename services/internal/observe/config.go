package observe

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"
)

// Config is what the environment says.
type Config struct {
	// Prometheus is PROMETHEUS_URL; default "http://prometheus:9090".
	Prometheus string
	// Queries are read from QUERIES_FILE: which metrics there are depends on the mesh's proxies, and so whoever
	// deploys this says what to ask.
	Queries Queries
	// Timeout bounds each question to Prometheus: 5s.
	Timeout time.Duration
	// MaxSpans bounds the traces that are kept: 20000 spans, some 30 MB.
	MaxSpans int

	pods *podLister
}

// Queries are PromQL.
type Queries struct {
	// Window is how far back the queries look, in seconds.
	Window float64 `json:"windowSeconds"`
	// Edges gives requests within the window with the labels source, source_version, source_namespace, destination,
	// destination_version, destination_namespace and class ("2xx").
	Edges string `json:"edges"`
	// Latency gives, by the quantile's name, milliseconds with the labels of the destination.
	Latency map[string]string `json:"latency"`
}

// ConfigFrom reads the configuration through getenv.
func ConfigFrom(getenv func(string) string) (Config, error) {
	config := Config{Prometheus: "http://prometheus:9090", Timeout: 5 * time.Second, MaxSpans: 20000}
	config.pods = newPodLister(getenv, "/var/run/secrets/kubernetes.io/serviceaccount")
	if url := getenv("PROMETHEUS_URL"); url != "" {
		config.Prometheus = strings.TrimSuffix(url, "/")
	}
	file := getenv("QUERIES_FILE")
	if file == "" {
		return config, errors.New("QUERIES_FILE is not set: it names the JSON file with the queries")
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return config, err
	}
	if err := json.Unmarshal(text, &config.Queries); err != nil {
		return config, fmt.Errorf("%s: %w", file, err)
	}
	if config.Queries.Window <= 0 || config.Queries.Edges == "" {
		return config, fmt.Errorf("%s has no windowSeconds or edges", file)
	}
	return config, nil
}
