package command

import (
	"context"
	"fmt"
	"time"

	"github.com/urfave/cli/v3"

	"github.com/rejoin/rejoin/internal/server"
)

func serveCommand(std Streams) *cli.Command {
	return &cli.Command{
		Name:  "serve",
		Usage: "run the server",
		Description: "Choose how people reach it safely:\n\n" +
			"  a proxy of yours has the certificate:  rejoin serve --listen 127.0.0.1:8080 --trusted-proxy 127.0.0.1 --public-url https://help.example.org\n" +
			"  certificates from Let's Encrypt:       rejoin serve --listen :443 --acme-domain help.example.org\n" +
			"  certificate files of your own:         rejoin serve --listen :443 --tls-cert FILE --tls-key FILE --public-url https://help.example.org\n" +
			"  to try it, on this machine only:       rejoin serve\n\n" +
			"The first start prints a link with which you become the admin. SIGTERM stops in good order: customers' PCs are told\n" +
			"when to come back, and their sessions go on.",
		Flags: append([]cli.Flag{listenFlag(), dataFlag("rejoin"), agentFlag()}, concat(proxyFlags(), tlsFlags(), limitFlags(), metricsFlags(), logFlags())...),
		Action: func(ctx context.Context, c *cli.Command) error {
			return serve(ctx, std, c, configFrom(c))
		},
	}
}

func serve(ctx context.Context, std Streams, c *cli.Command, cfg server.Config) error {
	log, err := server.NewLog(std.Err, c.String("log-format"), c.String("log-level"))
	if err != nil {
		return &usageError{err}
	}
	s, err := server.Open(ctx, cfg, std.Out, log)
	if err != nil {
		return err
	}
	if err := s.Run(ctx); err != nil {
		return fmt.Errorf("the server stopped: %w", err)
	}
	return nil
}

func configFrom(c *cli.Command) server.Config {
	return server.Config{
		Listen: c.String("listen"), Data: c.String("data"), AgentExe: c.String("agent-exe"),
		PublicURL: c.String("public-url"), TrustedProxies: c.StringSlice("trusted-proxy"),
		TLSCert: c.String("tls-cert"), TLSKey: c.String("tls-key"),
		ACMEDomains: c.StringSlice("acme-domain"), ACMEEmail: c.String("acme-email"), ACMEDirectory: c.String("acme-directory"),
		ACMEListen: c.String("acme-listen"), ACMERoots: c.String("acme-roots"),
		MetricsListen: c.String("metrics-listen"), MetricsToken: c.String("metrics-token"),
		SessionIdle: c.Duration("session-idle"), SessionLifetime: c.Duration("session-lifetime"),
		ShutdownWithin: c.Duration("shutdown-within"), BackIn: c.Duration("back-in"),
		MaxConnections: c.Int("max-connections"), MaxPending: c.Int("max-pending"), MaxPendingPerIP: c.Int("max-pending-per-address"),
	}
}

func concat(groups ...[]cli.Flag) []cli.Flag {
	var all []cli.Flag
	for _, g := range groups {
		all = append(all, g...)
	}
	return all
}

func text(name, category, usage, value string) cli.Flag {
	return &cli.StringFlag{Name: name, Category: category, Usage: usage, Value: value, Sources: env(name)}
}

func texts(name, category, usage string) cli.Flag {
	return &cli.StringSliceFlag{Name: name, Category: category, Usage: usage, Sources: env(name)}
}

func span(name, category, usage string, value time.Duration) cli.Flag {
	return &cli.DurationFlag{
		Name: name, Category: category, Usage: usage, Value: value, Sources: env(name),
		Validator: func(d time.Duration) error {
			if d <= 0 {
				return fmt.Errorf("--%s %v: give a time such as 30s, 10m or 2h", name, d)
			}
			return nil
		},
	}
}

func count(name, category, usage string, value int) cli.Flag {
	return &cli.IntFlag{
		Name: name, Category: category, Usage: usage, Value: value, Sources: env(name),
		Validator: func(n int) error {
			if n < 1 {
				return fmt.Errorf("--%s %d: give at least 1", name, n)
			}
			return nil
		},
	}
}

func listenFlag() cli.Flag {
	return text("listen", "Server", "`ADDRESS` and port to listen on", "127.0.0.1:8080")
}

func agentFlag() cli.Flag {
	return text("agent-exe", "Server", "`FILE` with the Windows program that customers download (default: the one built in)", "")
}

func proxyFlags() []cli.Flag {
	return []cli.Flag{
		text("public-url", "Reaching it", "`URL` under which people reach the server", ""),
		texts("trusted-proxy", "Reaching it", "`ADDRESS` or range of a proxy whose X-Forwarded-For, -Proto and -Host are believed; may be repeated"),
	}
}

func tlsFlags() []cli.Flag {
	const category = "Certificates"
	return []cli.Flag{
		text("tls-cert", category, "`FILE` with the certificate chain (PEM); a renewed one is noticed", ""),
		text("tls-key", category, "`FILE` with its key (PEM)", ""),
		texts("acme-domain", category, "`NAME` to get certificates for automatically; may be repeated, the first is the public one"),
		text("acme-email", category, "`ADDRESS` that the certificate authority may write to", ""),
		text("acme-directory", category, "`URL` of another certificate authority (default: Let's Encrypt)", ""),
		text("acme-roots", category, "`FILE` with the root certificates of that authority's own server (PEM)", ""),
		text("acme-listen", category, "`ADDRESS` for the authority's HTTP challenges and the way to https, or \"off\"", ":80"),
	}
}

func limitFlags() []cli.Flag {
	const category = "Limits"
	return []cli.Flag{
		span("session-idle", category, "`TIME` without a request after which a sign-in ends", 2*time.Hour),
		span("session-lifetime", category, "`TIME` after which a sign-in ends anyway", 12*time.Hour),
		span("shutdown-within", category, "`TIME` that a stop may take", 10*time.Second),
		span("back-in", category, "`TIME` after which customers' PCs come back when the server stops", 2*time.Second),
		count("max-connections", category, "open connections in all", 60000),
		count("max-pending", category, "customers' PCs that are connected and not let in yet", 4096),
		count("max-pending-per-address", category, "of these from one address", 2048),
	}
}

func metricsFlags() []cli.Flag {
	const category = "Metrics"
	return []cli.Flag{
		text("metrics-listen", category, "`ADDRESS` that serves /metrics to everybody who reaches it; keep it private", ""),
		text("metrics-token", category, "`SECRET` that opens /metrics on the main address as a bearer token", ""),
	}
}

func logFlags() []cli.Flag {
	const category = "Log"
	return []cli.Flag{
		text("log-format", category, "`FORMAT` of the log, on standard error: text or json", "text"),
		text("log-level", category, "`LEVEL` from which on things are logged: debug, info, warn, error", "info"),
	}
}
