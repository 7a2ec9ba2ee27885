package main

import (
	"errors"
	"fmt"
	"net/http"
	"time"
)

// sleep waits: the preStop hook of an image that has no shell.
func sleep(args []string) error {
	if len(args) != 1 {
		return errors.New("sleep takes a duration: demo sleep 5s")
	}
	duration, err := time.ParseDuration(args[0])
	if err != nil {
		return fmt.Errorf("sleep: %w", err)
	}
	time.Sleep(duration)
	return nil
}

// healthcheck fails unless the URL answers 200 within two seconds.
func healthcheck(args []string) error {
	if len(args) != 1 {
		return errors.New("healthcheck takes a URL: demo healthcheck http://127.0.0.1:4004/actuator/health/readiness")
	}
	client := http.Client{Timeout: 2 * time.Second}
	response, err := client.Get(args[0])
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("%s answered %s", args[0], response.Status)
	}
	return nil
}
