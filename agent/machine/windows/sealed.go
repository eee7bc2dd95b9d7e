package windows

import "fmt"

// sealedFile is the file that keeps a document. The name is ours, not the user's, but a careless one must not become a
// path or a device.
func sealedFile(document string) (string, error) {
	if document == "" || len(document) > 40 {
		return "", fmt.Errorf("document name of %d characters", len(document))
	}
	for _, r := range document {
		if (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '-' && r != '_' {
			return "", fmt.Errorf("document name %.40q has other characters than a to z, 0 to 9, - and _", document)
		}
	}
	return "rejoin-" + document + ".sealed", nil
}
