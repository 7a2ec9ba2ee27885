package main

import (
	"context"
	"fmt"
	"time"
)

const (
	// open is how many streams stay open at the same time.
	open = 8
	// between is the pause between two messages of a stream that stays open.
	between = 250 * time.Millisecond
	// answered is how long an answer may take.
	answered = 10 * time.Second
)

// ask opens streams and prints who answers on them, until one of them ends. None is opened anew: an end is a failure.
func ask(ctx context.Context, protocol, host string) error {
	opened, err := openerOf(protocol, host)
	if err != nil {
		return err
	}
	failed := make(chan error, open)
	for range open {
		go func() { failed <- keepAsking(ctx, opened) }()
	}
	return <-failed
}

func keepAsking(ctx context.Context, opened opener) error {
	one, err := firstAnswered(ctx, opened)
	if err != nil {
		return err
	}
	defer one.close()
	for ctx.Err() == nil {
		version, err := one.say(ctx)
		if err != nil {
			return err
		}
		fmt.Println(version)
		time.Sleep(between)
	}
	return nil
}

// firstAnswered tries again while the proxies of a new pod do not know the host yet; what is answered once must not end.
func firstAnswered(ctx context.Context, opened opener) (stream, error) {
	for ctx.Err() == nil {
		if one, err := opened(ctx); err == nil {
			if _, err := one.say(ctx); err == nil {
				return one, nil
			}
			one.close()
		}
		time.Sleep(between)
	}
	return nil, ctx.Err()
}

// askAnew opens one stream after the other, and prints who answers on it, or that nobody does.
func askAnew(ctx context.Context, protocol, host string) error {
	opened, err := openerOf(protocol, host)
	if err != nil {
		return err
	}
	for ctx.Err() == nil {
		version, err := once(ctx, opened)
		if err != nil {
			version = "failed: " + err.Error()
		}
		fmt.Println(version)
		time.Sleep(between / 10)
	}
	return nil
}

func once(ctx context.Context, opened opener) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, answered)
	defer cancel()
	one, err := opened(ctx)
	if err != nil {
		return "", err
	}
	defer one.close()
	return one.say(ctx)
}
