package windows

import (
	"errors"
	"fmt"
	"io/fs"
	"time"
	"unsafe"

	"github.com/go-json-experiment/json"
	"golang.org/x/sys/windows"
	"golang.org/x/sys/windows/registry"
)

// BootID implements [machine.Machine]. It is found once: a process never outlives its boot.
func (pc *PC) BootID() (string, error) {
	pc.bootOnce.Do(func() { pc.bootID, pc.bootErr = pc.findBootID() })
	return pc.bootID, pc.bootErr
}

// findBootID asks three witnesses. A volatile registry value lives in memory only, so one that is there was written in
// this boot, whatever any clock says. Without it (first start, or signed out in between) the kernel's evidence is compared
// with the record on disk.
func (pc *PC) findBootID() (string, error) {
	now, err := readEvidence()
	if err != nil {
		return "", err
	}
	var record bootRecord
	switch data, err := pc.sealed.Load(bootDocument); {
	case err == nil:
		// A record that can't be read is as good as none: the identifier then follows from the evidence alone.
		_ = json.Unmarshal(data, &record)
	case !errors.Is(err, fs.ErrNotExist):
		pc.log.Warn("the record of the last boot can't be opened", "error", err)
	}
	next := nameBoot(record, now)
	if id, ok := volatileBootID(); ok {
		next.ID = id
	}
	data, err := json.Marshal(next)
	if err != nil {
		return "", fmt.Errorf("encode the boot record: %w", err)
	}
	if err := pc.sealed.Save(bootDocument, data); err != nil {
		return "", fmt.Errorf("keep the boot record: %w", err)
	}
	if err := setVolatileBootID(next.ID); err != nil {
		pc.log.Warn("the boot's name can't be noted in the registry", "error", err)
	}
	return next.ID, nil
}

const (
	bootDocument = "boot"
	volatileKey  = `Software\Rejoin`
	volatileSub  = `ThisBoot`
)

func volatileBootID() (string, bool) {
	k, err := registry.OpenKey(registry.CURRENT_USER, volatileKey+`\`+volatileSub, registry.QUERY_VALUE)
	if err != nil {
		return "", false
	}
	defer k.Close()
	id, _, err := k.GetStringValue("ID")
	return id, err == nil && id != "" && len(id) <= 64
}

// setVolatileBootID makes the key volatile (REG_OPTION_VOLATILE), which the registry package does not offer.
func setVolatileBootID(id string) error {
	parent, _, err := registry.CreateKey(registry.CURRENT_USER, volatileKey, registry.CREATE_SUB_KEY)
	if err != nil {
		return fmt.Errorf("open %s: %w", volatileKey, err)
	}
	defer parent.Close()
	const volatile = 1
	name, err := windows.UTF16PtrFromString(volatileSub)
	if err != nil {
		return err
	}
	var h windows.Handle
	r, _, _ := procRegCreateKeyEx.Call(uintptr(parent), uintptr(unsafe.Pointer(name)), 0, 0, volatile,
		uintptr(registry.SET_VALUE), 0, uintptr(unsafe.Pointer(&h)), 0)
	if r != 0 {
		return fmt.Errorf("create %s: %w", volatileSub, windows.Errno(r))
	}
	k := registry.Key(h)
	defer k.Close()
	return k.SetStringValue("ID", id)
}

// readEvidence asks the kernel.
func readEvidence() (evidence, error) {
	// SYSTEM_TIMEOFDAY_INFORMATION; times in units of 100 ns. Documented in part at
	// https://learn.microsoft.com/windows/win32/api/winternl/nf-winternl-ntquerysysteminformation
	var info struct {
		BootTime, CurrentTime, TimeZoneBias int64
		TimeZoneID, _                       uint32
		BootTimeBias, SleepTimeBias         uint64
	}
	const systemTimeOfDayInformation = 3
	err := windows.NtQuerySystemInformation(systemTimeOfDayInformation, unsafe.Pointer(&info), uint32(unsafe.Sizeof(info)), nil)
	if err != nil {
		return evidence{}, fmt.Errorf("ask Windows when it was started: %w", err)
	}
	if info.BootTime == 0 {
		return evidence{}, errors.New("the kernel does not tell when it was started")
	}
	// Addition wraps as the kernel's own does: a clock set back is a bias near 2^64.
	return evidence{
		Booted:  fileTime(info.BootTime - int64(info.BootTimeBias)),
		Counter: bootCounter(),
		Uptime:  windows.DurationSinceBoot(),
	}, nil
}

func fileTime(t int64) time.Time {
	const since1601 = 116444736000000000
	t -= since1601
	return time.Unix(t/1e7, t%1e7*100).UTC()
}

// bootCounter is KUSER_SHARED_DATA.BootId, in the page that Windows maps into every process at a fixed address.
// https://learn.microsoft.com/windows-hardware/drivers/ddi/ntddk/ns-ntddk-kuser_shared_data
func bootCounter() uint32 {
	const bootID = 0x7FFE0000 + 0x2C4
	var n uint32
	var read uintptr
	if windows.ReadProcessMemory(windows.CurrentProcess(), bootID, (*byte)(unsafe.Pointer(&n)), unsafe.Sizeof(n), &read) != nil {
		return 0
	}
	return n
}
