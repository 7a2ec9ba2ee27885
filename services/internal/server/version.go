package server

import (
	"strconv"
	"strings"
)

// Major is the number that a version such as v2 or v2.1 begins with; 1 for a version without one.
func Major(version string) int {
	digits, _, _ := strings.Cut(strings.TrimPrefix(version, "v"), ".")
	major, err := strconv.Atoi(digits)
	if err != nil {
		return 1
	}
	return major
}
