#include "services/attestation/answer_origin.h"

#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "services/common/crypto/encoding.h"
#include "services/common/crypto/p256.h"
#include "services/common/proof/assertion.h"
#include "services/common/proof/client_data.h"
#include "services/common/proof/ids.h"
#include "services/common/proof/statement.h"
#include "services/common/status/error.h"
#include "services/common/status/status_macros.h"

namespace u2fi::attestation {
namespace {

absl::Status CheckChannel(const proof::v1::AuthorizationStatement& statement,
                          const common::v1::AnswerChannel& channel) {
  if (channel.gateway() != statement.approver_gateway()) {
    return Error(reason::kGatewayMismatch,
                 "the answer came from another gateway than was asked");
  }
  if (channel.channel_key() != statement.channel_key()) {
    return Error(reason::kChannelKeyMismatch,
                 "the answer came over another key than the statement's");
  }
  return absl::OkStatus();
}

absl::Status CheckOrigin(const proof::v1::AuthorizationStatement& statement,
                         absl::string_view origin) {
  absl::ConsumePrefix(&origin, "u2fi:");
  const std::vector<std::string> parts = absl::StrSplit(origin, '/');
  if (parts.size() == 3 && parts[0] == statement.tenant() &&
      proof::IsId(parts[1]) && parts[2] == statement.approver_gateway()) {
    return absl::OkStatus();
  }
  return Error(reason::kOriginMismatch,
               "the origin is not that of the gateway");
}

// The gateway's key as it must stand in cid_pubkey.
absl::StatusOr<fido::Expectation::ChannelBinding> BindingOf(
    const proof::ClientData& data, const std::string& channel_key) {
  const auto key = crypto::P256PublicKey::FromPoint(data.gateway_point);
  if (!key.ok() || crypto::View(key->SpkiHash()) != channel_key) {
    return Error(reason::kChannelIdMismatch,
                 "cid_pubkey is not the gateway's identity key");
  }
  const absl::string_view point = key->point();
  return fido::Expectation::ChannelBinding{
      crypto::Base64Url(point.substr(1, 32)),
      crypto::Base64Url(point.substr(33, 32))};
}

// The origin of the portal that was asked.
absl::StatusOr<std::string> PortalOf(
    const proof::v1::AuthorizationStatement& statement,
    const RelyingParty& party) {
  for (const std::string& origin : party.origins) {
    if (crypto::View(proof::BrowserChannelKey(origin)) ==
        statement.channel_key()) {
      return origin;
    }
  }
  return Error(reason::kBrowserNotAllowed, "the deployment has no such portal");
}

// Fills in the place: a gateway's answer, or that of the portal.
absl::Status ExpectPlace(const proof::v1::AuthorizationStatement& statement,
                         const proof::ClientData& data,
                         const RelyingParty& party,
                         fido::Expectation& expected) {
  expected.protocol =
      data.is_u2f ? fido::Protocol::kU2f : fido::Protocol::kWebAuthn;
  if (statement.approver_gateway().empty()) {
    ASSIGN_OR_RETURN(const std::string portal, PortalOf(statement, party));
    expected.protocol = fido::Protocol::kWebAuthn;
    expected.origins = {portal};
    return absl::OkStatus();
  }
  RETURN_IF_ERROR(CheckOrigin(statement, data.origin));
  expected.origins = {std::string(data.origin)};
  if (data.is_u2f) {
    ASSIGN_OR_RETURN(expected.channel_binding,
                     BindingOf(data, statement.channel_key()));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<fido::Expectation> ExpectationOf(
    const proof::v1::AuthorizationStatement& statement,
    absl::string_view statement_bytes, const common::v1::AnswerChannel& channel,
    absl::string_view client_data, const RelyingParty& party) {
  RETURN_IF_ERROR(CheckChannel(statement, channel));
  ASSIGN_OR_RETURN(const proof::ClientData data,
                   proof::ParseClientData(client_data));
  fido::Expectation expected;
  RETURN_IF_ERROR(ExpectPlace(statement, data, party, expected));
  expected.challenge = crypto::ToString(proof::ChallengeOf(statement_bytes));
  expected.rp_id = party.rp_id;
  expected.require_user_presence =
      statement.purpose() != proof::v1::PURPOSE_PRESENCE;
  expected.require_user_verification = statement.required().uv();
  expected.scope = {proof::v1::Purpose_Name(statement.purpose()),
                    statement.tenant(), statement.account(),
                    statement.approver_gateway()};
  return expected;
}

}  // namespace u2fi::attestation
