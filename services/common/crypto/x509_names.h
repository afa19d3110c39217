#ifndef U2FI_SERVICES_COMMON_CRYPTO_X509_NAMES_H_
#define U2FI_SERVICES_COMMON_CRYPTO_X509_NAMES_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace u2fi::crypto {

// One attribute of a distinguished name: {"2.5.4.3", "U2FI Token"}.
struct NameAttribute {
  // Dotted.
  std::string oid;
  // The string's bytes, whatever the kind of string.
  std::string value;
};

// A Name (RFC 5280, 4.1.2.4) of at most 32 attributes, from and to DER. Each
// attribute is written as a set of its own: the country as PrintableString,
// all others as UTF8String. INVALID_ARGUMENT if malformed.
absl::StatusOr<std::vector<NameAttribute>> DecodeName(absl::string_view der);
std::string EncodeName(const std::vector<NameAttribute>& attributes);

// Whether two Names in DER are the same one (RFC 5280, 7.1): the same
// attributes in order. The kind of string, and for ASCII case and runs of
// white space, do not matter. False if they differ and one is malformed.
bool IsSameName(absl::string_view a, absl::string_view b);

// The names of a subjectAltName that we use.
struct AltNames {
  std::vector<std::string> uris;
  std::vector<std::string> dns_names;
};

// A GeneralNames (RFC 5280, 4.2.1.6) of at most 64 names, from and to DER.
// Other kinds of names are skipped. INVALID_ARGUMENT if malformed.
absl::StatusOr<AltNames> DecodeAltNames(absl::string_view der);
std::string EncodeAltNames(const AltNames& names);

}  // namespace u2fi::crypto

#endif  // U2FI_SERVICES_COMMON_CRYPTO_X509_NAMES_H_
