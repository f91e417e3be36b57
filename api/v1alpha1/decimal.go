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
type Decimal string

var (
	decimal = regexp.MustCompile(`^-?[0-9]{1,6}([.][0-9]{1,6})?$`)
	whole   = regexp.MustCompile(`^-?[0-9]{1,6}$`)
)

// Float is the number nearest to the decimal. The error says how to write one.
func (d Decimal) Float() (float64, error) {
	if !decimal.MatchString(string(d)) {
		return 0, fmt.Errorf("%q is not a decimal; write at most six digits on either side of the point, such as 2 or \"2.99\"", string(d))
	}
	return strconv.ParseFloat(string(d), 64)
}

// MarshalJSON writes a whole number as a number and any other in quotes.
func (d Decimal) MarshalJSON() ([]byte, error) {
	if whole.MatchString(string(d)) {
		n, err := strconv.Atoi(string(d)) // 007 is not JSON
		return strconv.AppendInt(nil, int64(n), 10), err
	}
	return json.Marshal(string(d))
}

// UnmarshalJSON reads a whole number or a string, and no float: the API server takes none.
func (d *Decimal) UnmarshalJSON(raw []byte) error {
	if bytes.HasPrefix(raw, []byte{'"'}) {
		return json.Unmarshal(raw, (*string)(d))
	}
	if string(raw) == "null" {
		return nil
	}
	if _, err := strconv.ParseInt(string(raw), 10, 32); err != nil {
		return fmt.Errorf("%s is neither a whole number nor a string; write a decimal in quotes, such as \"2.99\"", raw)
	}
	*d = Decimal(raw)
	return nil
}
