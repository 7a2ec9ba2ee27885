package server

import (
	"errors"
	"fmt"
	"net"
	"os"
	"strconv"
	"time"
)

// Config is what the environment says about how to serve.
type Config struct {
	// Listen is LISTEN, the address for requests; default ":8080".
	Listen string
	// HealthListen is HEALTH_LISTEN, the address for probes; default ":4004".
	HealthListen string
	// Drain is DRAIN, how long requests are still served after SIGTERM; default 5s.
	Drain time.Duration
	// FailRate is FAIL_RATE, the percentage of requests answered with 500, 0 to 100; default 0.
	FailRate float64
	// Delay is DELAY, added to each request; default 0s.
	Delay time.Duration
	// FailReadiness is FAIL_READINESS: true keeps the pod from ever becoming ready; default false.
	FailReadiness bool
	// PodName is POD_NAME, or else the host's name, which in a pod is the same.
	PodName string
	// ServedAs is SERVED_AS, the name of what its users call a version of this service; the binary's version unless given.
	ServedAs string
	// PodIP is POD_IP, or else the first address that is not the loopback's.
	PodIP string
}

// ConfigFrom reads the configuration through getenv; the error names every variable that is wrong.
func ConfigFrom(getenv func(string) string) (Config, error) {
	env := environment{getenv: getenv}
	config := Config{
		Listen:        env.text("LISTEN", ":8080"),
		HealthListen:  env.text("HEALTH_LISTEN", ":4004"),
		Drain:         env.duration("DRAIN", 5*time.Second),
		FailRate:      env.percent("FAIL_RATE"),
		Delay:         env.duration("DELAY", 0),
		FailReadiness: env.flag("FAIL_READINESS"),
		PodName:       env.text("POD_NAME", hostname()),
		ServedAs:      env.text("SERVED_AS", ""),
		PodIP:         env.text("POD_IP", firstIP()),
	}
	return config, errors.Join(env.errors...)
}

// Identity is the pod's name, its address and the port it listens on: hostname/ip:port.
func (c Config) Identity(listening net.Addr) string {
	_, port, _ := net.SplitHostPort(listening.String())
	return c.PodName + "/" + net.JoinHostPort(c.PodIP, port)
}

type environment struct {
	getenv func(string) string
	errors []error
}

func (e *environment) text(name, otherwise string) string {
	if value := e.getenv(name); value != "" {
		return value
	}
	return otherwise
}

func (e *environment) duration(name string, otherwise time.Duration) time.Duration {
	return parsed(e, name, otherwise, "a duration of zero or more, such as 5s or 250ms", func(text string) (time.Duration, bool) {
		value, err := time.ParseDuration(text)
		return value, err == nil && value >= 0
	})
}

func (e *environment) percent(name string) float64 {
	return parsed(e, name, 0, "a percentage from 0 to 100", func(text string) (float64, bool) {
		value, err := strconv.ParseFloat(text, 64)
		return value, err == nil && value >= 0 && value <= 100
	})
}

func (e *environment) flag(name string) bool {
	return parsed(e, name, false, "true or false", func(text string) (bool, bool) {
		value, err := strconv.ParseBool(text)
		return value, err == nil
	})
}

func parsed[T any](e *environment, name string, otherwise T, wanted string, parse func(string) (T, bool)) T {
	text := e.getenv(name)
	if text == "" {
		return otherwise
	}
	value, ok := parse(text)
	if !ok {
		e.errors = append(e.errors, fmt.Errorf("%s=%q is not %s", name, text, wanted))
		return otherwise
	}
	return value
}

func hostname() string {
	name, err := os.Hostname()
	if err != nil {
		return "localhost"
	}
	return name
}

func firstIP() string {
	addresses, _ := net.InterfaceAddrs()
	for _, address := range addresses {
		if network, ok := address.(*net.IPNet); ok && network.IP.IsGlobalUnicast() {
			return network.IP.String()
		}
	}
	return "127.0.0.1"
}
