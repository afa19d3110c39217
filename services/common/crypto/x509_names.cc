#include "services/common/crypto/x509_names.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "services/common/crypto/der.h"
#include "services/common/status/status_macros.h"

namespace u2fi::crypto {
namespace {

constexpr size_t kMaxNameAttributes = 32;
constexpr size_t kMaxAltNames = 64;
constexpr char kOidCountryName[] = "2.5.4.6";
// GeneralName's choices.
constexpr der::Tag kDnsName = der::ContextPrimitive(2);
constexpr der::Tag kUri = der::ContextPrimitive(6);

absl::StatusOr<NameAttribute> DecodeAttribute(absl::string_view pair) {
  der::Reader reader(pair);
  ASSIGN_OR_RETURN(absl::string_view oid, reader.Read(der::kOid));
  ASSIGN_OR_RETURN(der::Element value, reader.ReadAny());
  if (!reader.empty()) return absl::InvalidArgumentError("name: bad attribute");
  return NameAttribute{der::OidText(oid), std::string(value.contents)};
}

std::string Folded(absl::string_view value) {
  std::string folded = absl::AsciiStrToLower(value);
  absl::RemoveExtraAsciiWhitespace(&folded);
  return folded;
}

}  // namespace

absl::StatusOr<std::vector<NameAttribute>> DecodeName(absl::string_view der) {
  std::vector<NameAttribute> attributes;
  ASSIGN_OR_RETURN(absl::string_view sets, der::ReadWhole(der::kSequence, der));
  for (der::Reader rdns(sets); !rdns.empty();) {
    ASSIGN_OR_RETURN(absl::string_view set, rdns.Read(der::kSet));
    for (der::Reader pairs(set); !pairs.empty();) {
      ASSIGN_OR_RETURN(absl::string_view pair, pairs.Read(der::kSequence));
      if (attributes.size() == kMaxNameAttributes) {
        return absl::InvalidArgumentError("name: too many attributes");
      }
      ASSIGN_OR_RETURN(NameAttribute attribute, DecodeAttribute(pair));
      attributes.push_back(std::move(attribute));
    }
  }
  return attributes;
}

std::string EncodeName(const std::vector<NameAttribute>& attributes) {
  std::string contents;
  for (const NameAttribute& attribute : attributes) {
    const der::Tag kind = attribute.oid == kOidCountryName
                              ? der::kPrintableString
                              : der::kUtf8String;
    contents += der::Set({der::Sequence(
        {der::Oid(attribute.oid), der::Write(kind, attribute.value)})});
  }
  return der::Sequence({contents});
}

bool IsSameName(absl::string_view a, absl::string_view b) {
  if (a == b) return true;
  const auto left = DecodeName(a), right = DecodeName(b);
  return left.ok() && right.ok() &&
         std::equal(left->begin(), left->end(), right->begin(), right->end(),
                    [](const NameAttribute& one, const NameAttribute& other) {
                      return one.oid == other.oid &&
                             Folded(one.value) == Folded(other.value);
                    });
}

absl::StatusOr<AltNames> DecodeAltNames(absl::string_view der) {
  AltNames names;
  ASSIGN_OR_RETURN(absl::string_view list, der::ReadWhole(der::kSequence, der));
  size_t count = 0;
  for (der::Reader reader(list); !reader.empty();) {
    ASSIGN_OR_RETURN(der::Element name, reader.ReadAny());
    if (++count > kMaxAltNames) {
      return absl::InvalidArgumentError("subjectAltName: too many names");
    }
    if (name.tag == kUri) names.uris.emplace_back(name.contents);
    if (name.tag == kDnsName) names.dns_names.emplace_back(name.contents);
  }
  return names;
}

std::string EncodeAltNames(const AltNames& names) {
  std::string contents;
  for (const std::string& uri : names.uris) contents += der::Write(kUri, uri);
  for (const std::string& dns : names.dns_names) {
    contents += der::Write(kDnsName, dns);
  }
  return der::Sequence({contents});
}

}  // namespace u2fi::crypto
