package v1alpha1

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"strconv"
)

// Decimal is a number with at most six digits on either side of the point. Whole numbers are written
// as such, others in quotes: 2, "2.99". It is text because the API has no floats, whose digits change
// on the way from one program to the next.
//
// +kubebuilder:validation:Type=""
// +kubebuilder:validation:XIntOrString
// +kubebuilder:validation:MinLength=1
// +kubebuilder:validation:MaxLength=14
// +kubebuilder:validation:Pattern=`^-?[0-9]{1,6}([.][0-9]{1,6})?$`
type Decimal struct {
	// Text is the number as it is written, without quotes; "" where none is. The type is a struct
	// because the machinery of Kubernetes lets those alone read themselves.
	Text string `json:"-"`
}

var (
	decimal = regexp.MustCompile(`^-?[0-9]{1,6}([.][0-9]{1,6})?$`)
	whole   = regexp.MustCompile(`^-?[0-9]{1,6}$`)
)

// Float is the number nearest to the decimal. The error says how to write one.
func (d Decimal) Float() (float64, error) {
	if !decimal.MatchString(d.Text) {
		return 0, fmt.Errorf("%q is not a decimal; write at most six digits on either side of the point, such as 2 or \"2.99\"", d.Text)
	}
	return strconv.ParseFloat(d.Text, 64)
}

// MarshalJSON writes a whole number as a number and any other in quotes.
func (d Decimal) MarshalJSON() ([]byte, error) {
	if whole.MatchString(d.Text) {
		n, err := strconv.Atoi(d.Text) // 007 is not JSON
		return strconv.AppendInt(nil, int64(n), 10), err
	}
	return json.Marshal(d.Text)
}

// UnmarshalJSON reads a whole number or a string, and no float: the API server takes none.
func (d *Decimal) UnmarshalJSON(raw []byte) error {
	if bytes.HasPrefix(raw, []byte{'"'}) {
		return json.Unmarshal(raw, &d.Text)
	}
	if string(raw) == "null" {
		return nil
	}
	if _, err := strconv.ParseInt(string(raw), 10, 32); err != nil {
		return fmt.Errorf("%s is neither a whole number nor a string; write a decimal in quotes, such as \"2.99\"", raw)
	}
	d.Text = string(raw)
	return nil
}
