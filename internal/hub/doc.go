// Package hub carries out what internal/session decides. An event goes in at [Hub.Dispatch]; the session is loaded, the
// event applied, the result and all its effects committed in one transaction, and only then are commands handed to the
// agent's link and watchers told that the session changed. The package also holds the agents' links, the deadlines and
// the server's clock.
//
// Truth lives in the [Store] alone. No hub owns a session: on a revision conflict an event is loaded and applied again,
// so several hubs may share a store.
package hub
