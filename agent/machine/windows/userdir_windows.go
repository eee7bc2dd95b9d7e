package windows

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"unsafe"

	"golang.org/x/sys/windows"
)

// userDir is a folder below %LOCALAPPDATA% that is this user's alone.
type userDir struct {
	root  string // %LOCALAPPDATA%, the user's own; where it leads is the administrator's business
	parts []string
	path  string
	sid   string // the user's
}

// localRoot is %LOCALAPPDATA%, asked of Windows: the environment may say anything.
func localRoot() (string, error) {
	root, err := windows.KnownFolderPath(windows.FOLDERID_LocalAppData, windows.KF_FLAG_CREATE)
	if err != nil {
		return "", fmt.Errorf("find the user's folder for program data: %w", err)
	}
	return root, nil
}

func newUserDir(root, sid string, parts ...string) *userDir {
	return &userDir{root: root, parts: parts, path: filepath.Join(append([]string{root}, parts...)...), sid: sid}
}

// security is what files and folders are made with: this user, nobody else, nothing inherited. (Windows lets
// administrators take ownership; nothing on the PC can keep them out.)
func (d *userDir) security() (*windows.SecurityAttributes, error) {
	sd, err := windows.SecurityDescriptorFromString("D:P(A;OICI;FA;;;" + d.sid + ")")
	if err != nil {
		return nil, fmt.Errorf("build the access list: %w", err)
	}
	sa := &windows.SecurityAttributes{SecurityDescriptor: sd}
	sa.Length = uint32(unsafe.Sizeof(*sa))
	return sa, nil
}

// make creates the folder and its parents up to the root, with the right access, and checks those that are there.
func (d *userDir) make() error {
	sa, err := d.security()
	if err != nil {
		return err
	}
	path := d.root
	for _, part := range d.parts {
		path = filepath.Join(path, part)
		p, err := windows.UTF16PtrFromString(path)
		if err != nil {
			return err
		}
		if err := windows.CreateDirectory(p, sa); err != nil && !errors.Is(err, windows.ERROR_ALREADY_EXISTS) {
			return &fs.PathError{Op: "mkdir", Path: path, Err: err}
		}
	}
	return d.check()
}

// check refuses folders that are links or somebody else's: what is written there would end up elsewhere.
func (d *userDir) check() error {
	path := d.root
	for _, part := range d.parts {
		path = filepath.Join(path, part)
		if err := d.checkOne(path); err != nil {
			return err
		}
	}
	return nil
}

func (d *userDir) checkOne(path string) error {
	p, err := windows.UTF16PtrFromString(path)
	if err != nil {
		return err
	}
	h, err := windows.CreateFile(p, windows.FILE_READ_ATTRIBUTES|windows.READ_CONTROL,
		windows.FILE_SHARE_READ|windows.FILE_SHARE_WRITE|windows.FILE_SHARE_DELETE, nil, windows.OPEN_EXISTING,
		windows.FILE_FLAG_BACKUP_SEMANTICS|windows.FILE_FLAG_OPEN_REPARSE_POINT, 0)
	if err != nil {
		return &fs.PathError{Op: "open", Path: path, Err: err}
	}
	defer windows.CloseHandle(h)
	var info windows.ByHandleFileInformation
	if err := windows.GetFileInformationByHandle(h, &info); err != nil {
		return &fs.PathError{Op: "stat", Path: path, Err: err}
	}
	if info.FileAttributes&windows.FILE_ATTRIBUTE_REPARSE_POINT != 0 || info.FileAttributes&windows.FILE_ATTRIBUTE_DIRECTORY == 0 {
		return &fs.PathError{Op: "open", Path: path, Err: errors.New("is a link or no folder")}
	}
	sd, err := windows.GetSecurityInfo(h, windows.SE_FILE_OBJECT, windows.OWNER_SECURITY_INFORMATION)
	if err != nil {
		return &fs.PathError{Op: "read the owner of", Path: path, Err: err}
	}
	owner, _, err := sd.Owner()
	if err != nil {
		return &fs.PathError{Op: "read the owner of", Path: path, Err: err}
	}
	// An administrator's elevated programs make folders that belong to the Administrators group.
	if s := owner.String(); s != d.sid && s != "S-1-5-32-544" && s != "S-1-5-18" {
		return &fs.PathError{Op: "open", Path: path, Err: errors.New("belongs to another user")}
	}
	return nil
}
