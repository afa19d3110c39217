#include "tools/u2fi/connection_advice.h"

#include "absl/strings/match.h"

namespace u2fi::cli {
namespace {

struct Row {
  absl::string_view words;
  absl::string_view advice;
};

// OpenSSL's and gRPC's words; the first that is found counts.
constexpr Row kRows[] = {
    {"certificate verify failed",
     "The server's certificate is not of a CA in ca.crt of --identity, or it "
     "is over."},
    {"has the wrong identity",
     "Another service listens there: check --gate, --registry, --attestation "
     "and --challenge."},
    {"wrong version number",
     "What listens there does not speak TLS; the gate does, on its port 7443."},
    {"DNS resolution failed",
     "Check the name of the host, for example in --gate."},
    {"Connection refused",
     "Nothing listens there: check host and port, and that the service runs."},
    {"Socket closed",
     "The server hung up. Most often it does not accept the certificate of "
     "--identity: of another CA, or over."},
    {"Connection reset",
     "The server hung up. Most often it does not accept the certificate of "
     "--identity: of another CA, or over."},
};

}  // namespace

absl::string_view ConnectionAdvice(absl::string_view message) {
  for (const Row& row : kRows) {
    if (absl::StrContains(message, row.words)) return row.advice;
  }
  return "";
}

}  // namespace u2fi::cli
