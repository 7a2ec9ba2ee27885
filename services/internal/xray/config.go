package xray

import (
	"cmp"
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"
)

// Config is what the environment says of tracing.
type Config struct {
	// Name is AWS_XRAY_TRACING_NAME, what the segments are called; the service's name unless given.
	Name string
	// Daemon is AWS_XRAY_DAEMON_ADDRESS, host:port for UDP; without it nothing is traced.
	Daemon string
	// RefuseUntraced is AWS_XRAY_CONTEXT_MISSING=RUNTIME_ERROR: a call outside of any traced request fails. LOG_ERROR, the
	// default here, logs it, and IGNORE_ERROR does nothing.
	RefuseUntraced bool
	// LogUntraced is AWS_XRAY_CONTEXT_MISSING=LOG_ERROR.
	LogUntraced bool
	// Percent is TRACED_PERCENT, how many of the traces that begin here are written, 0 to 100; default 100.
	Percent float64
}

// ConfigFrom reads the configuration through getenv; the error names every variable that is wrong.
func ConfigFrom(getenv func(string) string, service string) (Config, error) {
	config := Config{Name: cmp.Or(getenv("AWS_XRAY_TRACING_NAME"), service)}
	var errs []error
	config.Daemon = daemonAddress(getenv("AWS_XRAY_DAEMON_ADDRESS"))
	if config.Daemon != "" {
		if _, _, err := net.SplitHostPort(config.Daemon); err != nil {
			errs = append(errs, fmt.Errorf("AWS_XRAY_DAEMON_ADDRESS=%q is not host:port, such as xray-service.default:2000", getenv("AWS_XRAY_DAEMON_ADDRESS")))
		}
	}
	switch missing := cmp.Or(getenv("AWS_XRAY_CONTEXT_MISSING"), "LOG_ERROR"); missing {
	case "RUNTIME_ERROR":
		config.RefuseUntraced = true
	case "LOG_ERROR":
		config.LogUntraced = true
	case "IGNORE_ERROR":
	default:
		errs = append(errs, fmt.Errorf("AWS_XRAY_CONTEXT_MISSING=%q is none of RUNTIME_ERROR, LOG_ERROR, IGNORE_ERROR", missing))
	}
	percent := cmp.Or(getenv("TRACED_PERCENT"), "100")
	var err error
	if config.Percent, err = strconv.ParseFloat(percent, 64); err != nil || !(config.Percent >= 0 && config.Percent <= 100) {
		errs = append(errs, fmt.Errorf("TRACED_PERCENT=%q is not a percentage from 0 to 100", percent))
	}
	return config, errors.Join(errs...)
}

// daemonAddress is the UDP half of an address in the long form "tcp:127.0.0.1:2000 udp:127.0.0.2:2001".
func daemonAddress(text string) string {
	for part := range strings.FieldsSeq(text) {
		if address, found := strings.CutPrefix(part, "udp:"); found {
			return address
		}
	}
	return strings.TrimSpace(text)
}
