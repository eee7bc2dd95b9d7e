package windows

import (
	"unsafe"

	"golang.org/x/sys/windows"
	"golang.org/x/sys/windows/registry"
)

var (
	advapi32 = windows.NewLazySystemDLL("advapi32.dll")
	kernel32 = windows.NewLazySystemDLL("kernel32.dll")
	iphlpapi = windows.NewLazySystemDLL("iphlpapi.dll")

	procRegCreateKeyEx               = advapi32.NewProc("RegCreateKeyExW")
	procRegFlushKey                  = advapi32.NewProc("RegFlushKey")
	procSetProcessShutdownParameters = kernel32.NewProc("SetProcessShutdownParameters")
	procGetUserDefaultLocaleName     = kernel32.NewProc("GetUserDefaultLocaleName")
	procNotifyIPInterfaceChange      = iphlpapi.NewProc("NotifyIpInterfaceChange")
)

// flushKey writes a key's hive to the disk.
func flushKey(k registry.Key) error {
	if r, _, _ := procRegFlushKey.Call(uintptr(k)); r != 0 {
		return windows.Errno(r)
	}
	return nil
}

// Locale is the BCP 47 name of the user's locale.
func Locale() string {
	buf := make([]uint16, 85) // LOCALE_NAME_MAX_LENGTH
	r, _, _ := procGetUserDefaultLocaleName.Call(uintptr(unsafe.Pointer(&buf[0])), uintptr(len(buf)))
	if r == 0 {
		return ""
	}
	return windows.UTF16ToString(buf)
}
