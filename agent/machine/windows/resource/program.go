package resource

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"image/png"
	"strconv"
	"strings"
	"unicode/utf16"

	"github.com/rejoin/rejoin/agent/machine/windows/logo"
)

// iconSizes are those that Windows shows: lists, taskbar, tiles, each at usual scalings.
var iconSizes = []int{16, 20, 24, 32, 40, 48, 64, 256}

// manifest: as the user who starts it, never elevated; sharp on every monitor; controls in the present look; long paths.
const manifest = `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<assembly xmlns="urn:schemas-microsoft-com:asm.v1" manifestVersion="1.0">
  <assemblyIdentity type="win32" name="Rejoin.Agent" version="1.0.0.0" processorArchitecture="*"/>
  <trustInfo xmlns="urn:schemas-microsoft-com:asm.v3"><security><requestedPrivileges>
    <requestedExecutionLevel level="asInvoker" uiAccess="false"/>
  </requestedPrivileges></security></trustInfo>
  <compatibility xmlns="urn:schemas-microsoft-com:compatibility.v1"><application>
    <supportedOS Id="{8e0f7a12-bfb3-4fe8-b9a5-48fd50a15a9a}"/>
  </application></compatibility>
  <application xmlns="urn:schemas-microsoft-com:asm.v3"><windowsSettings>
    <dpiAware xmlns="http://schemas.microsoft.com/SMI/2005/WindowsSettings">true/pm</dpiAware>
    <dpiAwareness xmlns="http://schemas.microsoft.com/SMI/2016/WindowsSettings">PerMonitorV2</dpiAwareness>
    <longPathAware xmlns="http://schemas.microsoft.com/SMI/2016/WindowsSettings">true</longPathAware>
  </windowsSettings></application>
  <dependency><dependentAssembly>
    <assemblyIdentity type="win32" name="Microsoft.Windows.Common-Controls" version="6.0.0.0" processorArchitecture="*" publicKeyToken="6595b64144ccf1df" language="*"/>
  </dependentAssembly></dependency>
</assembly>
`

// Program makes the agent's object file. version is "1.2.3" or "v1.2.3"; what else it may hold shows as text only.
func Program(arch, version string) ([]byte, error) {
	items := []item{
		{typeManifest, 1, []byte(manifest)},
		{typeVersion, 1, versionInfo(version)},
	}
	group := &bytes.Buffer{}
	binary.Write(group, binary.LittleEndian, [3]uint16{0, 1, uint16(len(iconSizes))})
	for i, size := range iconSizes {
		picture := &bytes.Buffer{}
		if err := png.Encode(picture, logo.Image(size)); err != nil {
			return nil, fmt.Errorf("encode the icon: %w", err)
		}
		id := uint16(i + 1)
		items = append(items, item{typeIcon, uint32(id), picture.Bytes()})
		side := uint8(size) // 0 stands for 256
		binary.Write(group, binary.LittleEndian, struct {
			W, H, Colors, Reserved uint8
			Planes, Bits           uint16
			Bytes                  uint32
			ID                     uint16
		}{side, side, 0, 0, 1, 32, uint32(picture.Len()), id})
	}
	items = append(items, item{typeGroupIcon, 1, group.Bytes()})
	return object(arch, items)
}

// versionInfo is a VS_VERSIONINFO: https://learn.microsoft.com/windows/win32/menurc/vs-versioninfo
func versionInfo(version string) []byte {
	n := numbers(version)
	fixed := &bytes.Buffer{}
	const signature, structure, windowsNT, application = 0xFEEF04BD, 0x10000, 0x40004, 1
	high, low := uint32(n[0])<<16|uint32(n[1]), uint32(n[2])<<16|uint32(n[3])
	binary.Write(fixed, binary.LittleEndian, [13]uint32{signature, structure, high, low, high, low, 0x3F, 0, windowsNT, application, 0, 0, 0})

	var strs [][]byte
	for _, s := range [][2]string{
		{"CompanyName", "Rejoin"}, {"FileDescription", "Rejoin remote support"}, {"FileVersion", version},
		{"InternalName", "rejoin"}, {"LegalCopyright", "Apache License 2.0"}, {"OriginalFilename", "rejoin.exe"},
		{"ProductName", "Rejoin"}, {"ProductVersion", version},
	} {
		value := wide(s[1])
		strs = append(strs, block(s[0], 1, value, uint16(len(value)/2)))
	}
	table := block("040904B0", 1, nil, 0, strs...)
	translation := binary.LittleEndian.AppendUint32(nil, 0x04B00409) // US English, Unicode
	return block("VS_VERSION_INFO", 0, fixed.Bytes(), uint16(fixed.Len()),
		block("StringFileInfo", 1, nil, 0, table),
		block("VarFileInfo", 1, nil, 0, block("Translation", 0, translation, uint16(len(translation)))))
}

// block is the shape that all parts of a version resource have: lengths, a name, a value and children, each on a multiple of 4.
func block(name string, kind uint16, value []byte, valueLength uint16, children ...[]byte) []byte {
	b := make([]byte, 6)
	b = append(b, wide(name)...)
	pad := func() { b = append(b, make([]byte, (4-len(b)%4)%4)...) }
	pad()
	b = append(b, value...)
	for _, c := range children {
		pad()
		b = append(b, c...)
	}
	binary.LittleEndian.PutUint16(b[0:], uint16(len(b)))
	binary.LittleEndian.PutUint16(b[2:], valueLength)
	binary.LittleEndian.PutUint16(b[4:], kind)
	return b
}

func wide(s string) []byte {
	var b []byte
	for _, u := range append(utf16.Encode([]rune(s)), 0) {
		b = binary.LittleEndian.AppendUint16(b, u)
	}
	return b
}

// numbers are the four numbers that Windows keeps of a version.
func numbers(version string) (n [4]uint16) {
	plain, _, _ := strings.Cut(strings.TrimPrefix(version, "v"), "-")
	for i, part := range strings.SplitN(plain, ".", 4) {
		v, err := strconv.ParseUint(part, 10, 16)
		if err != nil {
			return n
		}
		n[i] = uint16(v)
	}
	return n
}
