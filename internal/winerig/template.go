//go:build linux

package winerig

import (
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"
)

//go:embed shim/bcryptprimitives.c
var shimSource []byte

// recipe changes whenever the template is made differently.
const recipe = "2"

// registrySetup is imported into the template: a virtual desktop, smooth fonts, and the rig's sign-in.
const registrySetup = `REGEDIT4

[HKEY_CURRENT_USER\Software\Wine\Explorer]
"Desktop"="Default"

[HKEY_CURRENT_USER\Software\Wine\Explorer\Desktops]
"Default"="1280x800"

[HKEY_CURRENT_USER\Control Panel\Desktop]
"FontSmoothing"="2"
"FontSmoothingType"=dword:00000002

[HKEY_LOCAL_MACHINE\Software\Microsoft\Windows\CurrentVersion\Run]
"RigLogon"="C:\\rig\\logon.exe"
`

// cacheDir is where the rig keeps what is worth keeping between runs.
func cacheDir() string {
	cache, err := os.UserCacheDir()
	if err != nil {
		cache = os.TempDir()
	}
	return filepath.Join(cache, "rejoin-winerig")
}

// template is the prefix that all PCs are copies of; it is made on first use.
var template = sync.OnceValues(func() (string, error) {
	version, err := exec.Command(wine64, "--version").Output()
	if err != nil {
		return "", fmt.Errorf("ask Wine's version: %w", err)
	}
	sum := sha256.Sum256(append(append(append([]byte(recipe), version...), shimSource...), registrySetup...))
	dir := filepath.Join(cacheDir(), hex.EncodeToString(sum[:8]))
	if err := os.MkdirAll(filepath.Dir(dir), 0o700); err != nil {
		return "", fmt.Errorf("make the rig's cache folder: %w", err)
	}
	lock, err := os.OpenFile(dir+".lock", os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return "", fmt.Errorf("lock the template: %w", err)
	}
	defer lock.Close()
	// Test binaries of several packages run at the same time; one makes it, the others wait.
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX); err != nil {
		return "", fmt.Errorf("lock the template: %w", err)
	}
	if _, err := os.Stat(dir); err == nil {
		return dir, nil
	}
	half := dir + ".unfinished"
	if err := os.RemoveAll(half); err != nil {
		return "", fmt.Errorf("clear an unfinished template: %w", err)
	}
	if err := makeTemplate(half); err != nil {
		return "", fmt.Errorf("make the template: %w", err)
	}
	if err := os.Rename(half, dir); err != nil {
		return "", fmt.Errorf("keep the template: %w", err)
	}
	return dir, nil
})

func makeTemplate(dir string) error {
	x, err := startX()
	if err != nil {
		return err
	}
	defer x.stop()
	env := wineEnv(dir, x.display, "")
	run := func(name string, args ...string) error {
		cmd := exec.Command(name, args...)
		cmd.Env = env
		if err := start(cmd); err != nil {
			return err
		}
		if err := cmd.Wait(); err != nil {
			return fmt.Errorf("%s %s: %w", filepath.Base(name), strings.Join(args, " "), err)
		}
		return nil
	}
	if err := run(wine64, "wineboot", "-i"); err != nil {
		return err
	}
	if err := installShim(filepath.Join(dir, "drive_c/windows/system32/bcryptprimitives.dll")); err != nil {
		return err
	}
	setup := filepath.Join(dir, "drive_c", "setup.reg")
	if err := os.WriteFile(setup, []byte(registrySetup), 0o600); err != nil {
		return err
	}
	if err := errors.Join(run(wine64, "winecfg", "-v", "win10"), run(wine64, "regedit", "/S", `C:\setup.reg`)); err != nil {
		return err
	}
	if err := run(wineserver, "-w"); err != nil {
		return err
	}
	dropSocketDir(dir)
	// Programs inside see only their own disk.
	if err := ownFolders(filepath.Join(dir, "drive_c", "users")); err != nil {
		return err
	}
	if err := os.Remove(filepath.Join(dir, "dosdevices", "z:")); err != nil {
		return err
	}
	return os.Remove(setup)
}

func installShim(dll string) error {
	if _, err := os.Stat(dll); err == nil {
		return nil // Wine 9 and later have it
	}
	work, err := os.MkdirTemp("", "rejoin-winerig-shim-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(work)
	source := filepath.Join(work, "bcryptprimitives.c")
	if err := os.WriteFile(source, shimSource, 0o600); err != nil {
		return err
	}
	if out, err := exec.Command(mingw, "-shared", "-O2", "-s", "-o", dll, source, "-ladvapi32").CombinedOutput(); err != nil {
		return fmt.Errorf("build the ProcessPrng shim: %w\n%s", err, out)
	}
	return nil
}

// copyPrefix copies a prefix. Wine's own program files, which nobody writes to, are hard links where that is possible: they are
// nearly all of its 700 MB.
func copyPrefix(from, to string) error {
	return filepath.WalkDir(from, func(path string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		target := filepath.Join(to, rel)
		switch {
		case e.IsDir():
			return os.MkdirAll(target, 0o700)
		case e.Type()&fs.ModeSymlink != 0:
			link, err := os.Readlink(path)
			if err != nil {
				return err
			}
			return os.Symlink(link, target)
		case strings.HasPrefix(rel, "drive_c/windows/") || strings.HasPrefix(rel, "drive_c/Program Files"):
			if os.Link(path, target) == nil {
				return nil
			}
		}
		return copyFile(path, target)
	})
}

func copyFile(from, to string) error {
	data, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	if err := os.WriteFile(to, data, 0o700); err != nil {
		return err
	}
	info, err := os.Stat(from)
	if err != nil {
		return err
	}
	return os.Chtimes(to, time.Time{}, info.ModTime())
}

// ownFolders makes real folders of Downloads, Desktop and the like, which Wine links to the home folder.
func ownFolders(users string) error {
	return filepath.WalkDir(users, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.Type()&fs.ModeSymlink == 0 {
			return err
		}
		return errors.Join(os.Remove(path), os.Mkdir(path, 0o700))
	})
}

// dropSocketDir removes the folder below the temporary one in which Debian's wineserver has its socket; a file in the
// prefix names it. Other builds of Wine have one folder for all, which stays.
func dropSocketDir(prefix string) {
	file := filepath.Join(prefix, "wineserver")
	name, err := os.ReadFile(file)
	if err != nil || filepath.Base(string(name)) != string(name) || !strings.HasPrefix(string(name), "wine-") {
		return
	}
	os.RemoveAll(filepath.Join(os.TempDir(), string(name)))
	os.Remove(file)
}

// wineEnv is the environment of everything in a prefix; nothing of the machine's own leaks in.
func wineEnv(prefix, display, lang string) []string {
	if lang == "" {
		lang = "C.UTF-8"
	}
	return []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + filepath.Dir(prefix), "USER=customer", "LOGNAME=customer",
		"WINEPREFIX=" + prefix, "WINEARCH=win64", "WINEDEBUG=-all", "DISPLAY=" + display,
		"WINEDLLOVERRIDES=mscoree=;mshtml=;winemenubuilder.exe=d", "LANG=" + lang, "LC_ALL=" + lang, "TZ=UTC",
	}
}
