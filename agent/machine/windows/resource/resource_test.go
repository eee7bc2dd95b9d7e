package resource

import (
	"bytes"
	"debug/pe"
	"encoding/binary"
	"encoding/xml"
	"image/png"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// leaves reads the resource tree back: type and ID to data.
func leaves(t *testing.T, section []byte) map[[2]uint32][]byte {
	t.Helper()
	u32 := func(at uint32) uint32 { return binary.LittleEndian.Uint32(section[at:]) }
	entries := func(dir uint32) (all [][2]uint32) {
		n := binary.LittleEndian.Uint16(section[dir+14:])
		for i := range uint32(n) {
			at := dir + 16 + 8*i
			all = append(all, [2]uint32{u32(at), u32(at+4) &^ (1 << 31)})
		}
		return all
	}
	found := map[[2]uint32][]byte{}
	for _, typ := range entries(0) {
		for _, id := range entries(typ[1]) {
			for _, lang := range entries(id[1]) {
				at, size := u32(lang[1]), u32(lang[1]+4)
				found[[2]uint32{typ[0], id[0]}] = section[at : at+size]
			}
		}
	}
	return found
}

func TestProgram(t *testing.T) {
	for _, arch := range []string{"amd64", "arm64"} {
		obj, err := Program(arch, "v1.2.3-rc1")
		if err != nil {
			t.Fatal(err)
		}
		f, err := pe.NewFile(bytes.NewReader(obj))
		if err != nil {
			t.Fatal(err)
		}
		section, err := f.Section(".rsrc").Data()
		if err != nil {
			t.Fatal(err)
		}
		found := leaves(t, section)
		if len(found) != len(iconSizes)+3 || len(f.Section(".rsrc").Relocs) != len(found) {
			t.Errorf("%s: %d resources with %d relocations", arch, len(found), len(f.Section(".rsrc").Relocs))
		}
		for i, size := range iconSizes {
			img, err := png.Decode(bytes.NewReader(found[[2]uint32{typeIcon, uint32(i + 1)}]))
			if err != nil || img.Bounds().Dx() != size {
				t.Errorf("%s: icon %d: %v", arch, i+1, err)
			}
		}
		if version := found[[2]uint32{typeVersion, 1}]; !bytes.Contains(version, wide("v1.2.3-rc1")) ||
			!bytes.Contains(version, []byte{2, 0, 1, 0, 0, 0, 3, 0}) {
			t.Errorf("%s: the version resource holds %q", arch, version)
		}
		if d := xml.NewDecoder(bytes.NewReader(found[[2]uint32{typeManifest, 1}])); wellFormed(d) != io.EOF {
			t.Errorf("%s: the manifest is not well-formed", arch)
		}
	}
	if _, err := Program("386", "1.0"); err == nil {
		t.Error("an object for 386 was made")
	}
}

func wellFormed(d *xml.Decoder) error {
	for {
		if _, err := d.Token(); err != nil {
			return err
		}
	}
}

// TestWindres has the resources read by somebody else.
func TestWindres(t *testing.T) {
	windres, err := exec.LookPath("x86_64-w64-mingw32-windres")
	if err != nil {
		t.Skip("no windres here")
	}
	obj, err := Program("amd64", "1.2.3")
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "r.o")
	if err := os.WriteFile(file, obj, 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(windres, "-J", "coff", "-i", file, "-O", "rc").CombinedOutput()
	if err != nil {
		t.Fatalf("windres: %v\n%s", err, out)
	}
	for _, want := range []string{"GROUP_ICON", "FILEVERSION 1, 2, 3, 0", `VALUE "ProductName", "Rejoin"`, `VALUE "FileVersion", "1.2.3"`} {
		if !strings.Contains(string(out), want) {
			t.Errorf("windres does not find %q in\n%.3000s", want, out)
		}
	}
}

func TestNumbers(t *testing.T) {
	for version, want := range map[string][4]uint16{
		"1.2.3": {1, 2, 3}, "v10.0": {10}, "development": {}, "1.70000": {1}, "1.2.3.4": {1, 2, 3, 4}, "": {},
	} {
		if got := numbers(version); got != want {
			t.Errorf("numbers(%q) = %v, want %v", version, got, want)
		}
	}
}
