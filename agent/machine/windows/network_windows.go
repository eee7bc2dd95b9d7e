package windows

import (
	"sync"

	"golang.org/x/sys/windows"
)

// network is shared by the process: Windows' notification calls a function, and callbacks are never freed.
var network = struct {
	once sync.Once
	out  chan struct{}
}{out: make(chan struct{}, 1)}

// NetworkChanges implements [machine.Machine] with NotifyIpInterfaceChange. Where that is missing nothing ever comes: the
// agent's own retries must do.
func (pc *PC) NetworkChanges() <-chan struct{} {
	network.once.Do(func() {
		if err := procNotifyIPInterfaceChange.Find(); err != nil {
			pc.log.Info("Windows does not tell of network changes", "error", err)
			return
		}
		changed := windows.NewCallback(func(_, _ uintptr, _ uint32) uintptr {
			select {
			case network.out <- struct{}{}:
			default:
			}
			return 0
		})
		var handle windows.Handle // never cancelled: as long as the process lives
		if err := windows.NotifyIpInterfaceChange(windows.AF_UNSPEC, changed, nil, false, &handle); err != nil {
			pc.log.Info("Windows does not tell of network changes", "error", err)
		}
	})
	return network.out
}
