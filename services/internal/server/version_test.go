package server

import "testing"

func TestMajorIsTheFirstNumberOfAVersion(t *testing.T) {
	for version, want := range map[string]int{"v1": 1, "v2": 2, "v2.3.1": 2, "10": 10, "dev": 1, "": 1} {
		if got := Major(version); got != want {
			t.Errorf("%q: want %d, got %d", version, want, got)
		}
	}
}
