package server

import (
	"net"
	"strings"
	"testing"
	"time"
)

func from(env map[string]string) func(string) string {
	return func(name string) string { return env[name] }
}

func TestWithoutAnEnvironmentTheDefaultsHold(t *testing.T) {
	got, err := ConfigFrom(from(nil))
	if err != nil || got.Listen != ":8080" || got.HealthListen != ":4004" || got.Drain != 5*time.Second || got.FailRate != 0 || got.Delay != 0 || got.FailReadiness {
		t.Errorf("got %+v %v", got, err)
	}
	if got.PodName == "" || net.ParseIP(got.PodIP) == nil {
		t.Errorf("the pod has no name or address: %+v", got)
	}
}

func TestTheEnvironmentOverrules(t *testing.T) {
	got, err := ConfigFrom(from(map[string]string{"LISTEN": ":1", "HEALTH_LISTEN": ":2", "DRAIN": "1m", "FAIL_RATE": "2.5", "DELAY": "10ms", "FAIL_READINESS": "true", "POD_NAME": "p", "SERVED_AS": "stage", "POD_IP": "fd00::1"}))
	if want := (Config{":1", ":2", time.Minute, 2.5, 10 * time.Millisecond, true, "p", "stage", "fd00::1"}); err != nil || got != want {
		t.Errorf("got %+v %v", got, err)
	}
	if id := got.Identity(&net.TCPAddr{IP: net.IPv6unspecified, Port: 8080}); id != "p/[fd00::1]:8080" {
		t.Errorf("got %s", id)
	}
}

func TestEveryWrongVariableIsNamedWithWhatItShouldBe(t *testing.T) {
	_, err := ConfigFrom(from(map[string]string{"DRAIN": "-1s", "FAIL_RATE": "101", "DELAY": "5", "FAIL_READINESS": "maybe"}))
	for _, want := range []string{`DRAIN="-1s" is not a duration`, `FAIL_RATE="101" is not a percentage from 0 to 100`, `DELAY="5" is not a duration`, `FAIL_READINESS="maybe" is not true or false`} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q is missing from %v", want, err)
		}
	}
}
