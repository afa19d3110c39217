#include "services/common/fido/metadata_blob.h"

#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "nlohmann/json.hpp"
#include "services/common/crypto/certificate_chain.h"
#include "services/common/crypto/der.h"
#include "services/common/crypto/encoding.h"
#include "services/common/fido/json_value.h"
#include "services/common/fido/steps.h"
#include "services/common/status/error.h"
#include "services/common/status/status_macros.h"

namespace u2fi::fido {
namespace {

using nlohmann::json;

constexpr JsonLimits kHeaderLimits{65536, 4, 16};
constexpr size_t kRawSignatureSize = 64;

struct BlobState {
  explicit BlobState(const MetadataBlobInputs& inputs) : in(inputs) {}

  const MetadataBlobInputs& in;
  absl::string_view signing_input;
  std::string header, payload, signature;
  crypto::SignatureAlgorithm algorithm =
      crypto::SignatureAlgorithm::kRsaPkcs1Sha256;
  std::vector<crypto::Certificate> chain;
  MetadataBlob blob;
};

absl::Status BadFormat(absl::string_view problem) {
  return Error(reason::kMetadataFormat, problem);
}

absl::Status BadSignature(absl::string_view problem) {
  return Error(reason::kMetadataSignature, problem);
}

absl::Status CheckSize(BlobState& state) {
  if (state.in.blob.size() <= kMaxMetadataBlobSize) return absl::OkStatus();
  return BadFormat("over 32 MiB");
}

absl::Status SplitJws(BlobState& state) {
  const std::vector<absl::string_view> parts =
      absl::StrSplit(state.in.blob, '.');
  if (parts.size() != 3) return BadFormat("not a JWS in compact form");
  std::string* const decoded[] = {&state.header, &state.payload,
                                  &state.signature};
  for (size_t i = 0; i < parts.size(); ++i) {
    auto bytes = crypto::FromBase64Url(parts[i]);
    if (!bytes.ok()) return BadFormat("a part of the JWS is not base64url");
    *decoded[i] = *std::move(bytes);
  }
  state.signing_input =
      state.in.blob.substr(0, parts[0].size() + 1 + parts[1].size());
  return absl::OkStatus();
}

absl::Status ReadChain(const json& x5c, BlobState& state) {
  if (!x5c.is_array() || x5c.empty() || x5c.size() > crypto::kMaxChainSize) {
    return BadFormat("x5c is not an array of 1 to 6 certificates");
  }
  for (const json& item : x5c) {
    std::string der;
    if (!item.is_string() ||
        !absl::Base64Unescape(item.get<std::string>(), &der)) {
      return BadFormat("x5c has something else than base64");
    }
    auto certificate = crypto::Certificate::FromDer(der);
    if (!certificate.ok()) return BadFormat(certificate.status().message());
    state.chain.push_back(*std::move(certificate));
  }
  return absl::OkStatus();
}

absl::Status ReadHeader(BlobState& state) {
  const auto header = ParseJsonValue(state.header, kHeaderLimits);
  if (!header.ok()) return BadFormat(header.status().message());
  const json alg = header->value("alg", json());
  if (alg != "RS256" && alg != "ES256") {
    return BadFormat("the algorithm is neither RS256 nor ES256");
  }
  // A "crit" header names what must be understood (RFC 7515, 4.1.11).
  if (header->contains("crit")) return BadFormat("crit is not supported");
  state.algorithm = alg == "RS256" ? crypto::SignatureAlgorithm::kRsaPkcs1Sha256
                                   : crypto::SignatureAlgorithm::kEcdsaSha256;
  return ReadChain(header->value("x5c", json()), state);
}

absl::Status CheckChain(BlobState& state) {
  const auto root =
      crypto::FollowChain(state.chain, state.in.roots, {state.in.now, true});
  return root.ok() ? absl::OkStatus() : BadSignature(root.status().message());
}

absl::Status CheckSigner(BlobState& state) {
  for (const std::string& name : state.chain[0].dns_names()) {
    if (name == state.in.host) return absl::OkStatus();
  }
  return BadSignature("the certificate is for another host");
}

// ES256 in a JWS is r and s side by side (RFC 7518, 3.4).
std::string ToDer(absl::string_view raw) {
  return crypto::der::Sequence(
      {crypto::der::Integer(raw.substr(0, kRawSignatureSize / 2)),
       crypto::der::Integer(raw.substr(kRawSignatureSize / 2))});
}

absl::Status CheckSignature(BlobState& state) {
  const bool is_ecdsa =
      state.algorithm == crypto::SignatureAlgorithm::kEcdsaSha256;
  if (is_ecdsa && state.signature.size() != kRawSignatureSize) {
    return BadSignature("an ES256 signature has 64 bytes");
  }
  const auto key = state.chain[0].Key();
  if (key.ok() &&
      key->Verify(state.algorithm, state.signing_input,
                  is_ecdsa ? ToDer(state.signature) : state.signature)
          .ok()) {
    return absl::OkStatus();
  }
  return BadSignature("the signature does not verify");
}

absl::Status ReadPayload(BlobState& state) {
  ASSIGN_OR_RETURN(state.blob, ParseMetadataPayload(state.payload));
  return absl::OkStatus();
}

absl::Status CheckNumber(BlobState& state) {
  if (state.blob.number >= state.in.number_in_use.value_or(0)) {
    return absl::OkStatus();
  }
  return Error(reason::kMetadataRollback, "older than the one in use",
               {{"number", absl::StrCat(state.blob.number)}});
}

constexpr Step<BlobState> kSteps[] = {
    {"blob_size", CheckSize},      {"blob_jws", SplitJws},
    {"blob_header", ReadHeader},   {"blob_chain", CheckChain},
    {"blob_signer", CheckSigner},  {"blob_signature", CheckSignature},
    {"blob_payload", ReadPayload}, {"blob_number", CheckNumber},
};

}  // namespace

absl::StatusOr<MetadataBlob> ReadMetadataBlob(
    const MetadataBlobInputs& inputs) {
  BlobState state(inputs);
  RETURN_IF_ERROR(RunSteps(kSteps, state));
  return std::move(state.blob);
}

std::vector<std::string> MetadataBlobStepNames() { return StepNames(kSteps); }

}  // namespace u2fi::fido
