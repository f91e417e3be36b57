// Package charts tests what people apply: the charts, the samples and the shipped instruments. It is a
// module of its own because it links Helm.
package charts
