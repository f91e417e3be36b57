package exchange

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"log/slog"
	"mime"
	"net/http"
	"strings"

	"github.com/evenkeel/evenkeel/internal/contract"
	"github.com/evenkeel/evenkeel/internal/dataplane/fault"
)

// MaxRequest bounds a sync: a directory of a large district with every document of
// its rounds is far below it.
const MaxRequest = 8 << 20

// Handler serves the exchange on the internal listener to whoever has the token.
func Handler(s *Service, token []byte) http.Handler {
	want := sha256.Sum256(token)
	mux := http.NewServeMux()
	mux.HandleFunc("POST "+contract.SyncPath, func(w http.ResponseWriter, r *http.Request) {
		response, err := serve(w, r, s, want)
		if err != nil {
			logInternal(s.Log, err)
			fault.Write(w, err)
			return
		}
		w.Header().Set("content-type", "application/json")
		_ = json.NewEncoder(w).Encode(response) // the operator may be gone; it will ask again
	})
	return mux
}

func serve(w http.ResponseWriter, r *http.Request, s *Service, want [sha256.Size]byte) (contract.SyncResponse, error) {
	if !authorised(r, want) {
		return contract.SyncResponse{}, fault.New(fault.Unauthorised, "authorization", "the token does not fit", "send the token of this district's sync Secret")
	}
	if kind, _, err := mime.ParseMediaType(r.Header.Get("content-type")); err != nil || kind != "application/json" {
		return contract.SyncResponse{}, fault.New(fault.WrongType, "content-type", "is not application/json", "send the request as application/json")
	}
	var request contract.SyncRequest
	decoder := json.NewDecoder(http.MaxBytesReader(w, r.Body, MaxRequest))
	if err := decoder.Decode(&request); err != nil {
		return contract.SyncResponse{}, unreadable(err)
	}
	if !contract.Supported(request.Version) {
		return contract.SyncResponse{}, fault.New(fault.Invalid, "version", "is not supported", "upgrade whichever of operator and district is older")
	}
	return s.Sync(r.Context(), request)
}

// authorised compares digests, so that neither length nor content shows in the time taken.
func authorised(r *http.Request, want [sha256.Size]byte) bool {
	token, ok := strings.CutPrefix(r.Header.Get("authorization"), "Bearer ")
	got := sha256.Sum256([]byte(token))
	return subtle.ConstantTimeCompare(got[:], want[:]) == 1 && ok
}

func unreadable(err error) error {
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		return fault.New(fault.TooLarge, "body", "is over 8 MiB", "send fewer documents at a time")
	}
	return fault.New(fault.BadRequest, "body", "is not a sync request", "send contract.SyncRequest as JSON").Because(err)
}

func logInternal(log *slog.Logger, err error) {
	if f := fault.Of(err); f.Code == fault.Internal || f.Code == fault.Unavailable {
		log.Error("the exchange failed", "error", err.Error())
	}
}
