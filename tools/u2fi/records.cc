#include "tools/u2fi/records.h"

#include <map>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "nlohmann/json.hpp"
#include "services/common/crypto/encoding.h"
#include "services/common/crypto/hash.h"
#include "services/common/proof/rules.h"
#include "services/common/proof/visible_text.h"
#include "services/common/status/error.h"
#include "services/common/status/status_macros.h"
#include "tools/u2fi/account_check.h"
#include "tools/u2fi/asker.h"
#include "tools/u2fi/key_file.h"
#include "tools/u2fi/rule_text.h"
#include "tools/u2fi/usage_error.h"

namespace u2fi::cli {
namespace {

absl::StatusOr<registry::DeviceImport> ParseDevice(absl::string_view line) {
  const auto json = nlohmann::json::parse(line, nullptr, false);
  const auto text = [&json](const char* name) {
    const auto found = json.find(name);
    return found != json.end() && found->is_string() ? found->get<std::string>()
                                                     : std::string();
  };
  registry::DeviceImport device;
  if (!json.is_object() ||
      !absl::Base64Unescape(text("factory_key"),
                            device.mutable_factory_key()) ||
      device.factory_key().empty()) {
    return FieldError("file",
                      "has a line that is not {\"device\":…, \"model\":…, "
                      "\"kit\":…, \"factory_key\":base64}");
  }
  device.set_device_id(text("device"));
  device.set_model(text("model"));
  device.set_kit(json.value("kit", nlohmann::json(false)) == true);
  return device;
}

// "BOUND" of DEVICE_STATE_BOUND.
std::string Short(absl::string_view prefix, const std::string& name) {
  return std::string(absl::StripPrefix(name, prefix));
}

std::string Line(const registry::Device& device) {
  return proof::VisibleText(absl::StrCat(
      device.name(), "  ", device.model(), "  ",
      Short("DEVICE_STATE_", registry::DeviceState_Name(device.state())),
      device.account().empty() ? "" : "  of ", device.account(),
      device.gateway().empty() ? "" : "  at ", device.gateway(),
      device.kit() ? "  verifies proofs itself" : "  without the kit"));
}

std::string Line(const attestation::Token& token) {
  return proof::VisibleText(absl::StrCat(
      token.name(), "  ",
      Short("TOKEN_STATE_", attestation::TokenState_Name(token.state())),
      "  of ", token.account(), "  counter ", token.counter(),
      token.label().empty() ? "" : "  ", token.label()));
}

// What waits for touches, and how one agrees to it.
std::string Waits(const registry::PolicyChange& change) {
  const std::string resource = proof::VisibleText(change.resource());
  std::string text = absl::StrCat("\nwaits    ", resource, ":");
  for (const std::string& looser : change.looser()) {
    absl::StrAppend(&text, " ", proof::VisibleText(looser));
  }
  for (const registry::PolicyAgreement& agreement : change.agreements()) {
    absl::StrAppend(&text, "\n         ",
                    proof::VisibleText(agreement.account()), " agreed");
  }
  return absl::StrCat(text, "\n         to agree: u2fi account --agree ",
                      resource, " --gateway GATEWAY");
}

std::string Guardians(const registry::Policy& policy) {
  return policy.guardians().empty()
             ? "whoever owns a site"
             : proof::VisibleText(absl::StrJoin(policy.guardians(), " "));
}

std::string Text(const registry::Policy& policy) {
  std::string text = "policy   the strictest of it, model, owner and device";
  for (const proof::v1::OperationRule& rule : policy.rules()) {
    absl::StrAppend(&text, "\nrule     ", proof::VisibleText(rule.operation()),
                    " ", proof::RuleName(rule.rule()));
  }
  absl::StrAppend(&text, "\nquorum   a requester ",
                  policy.allow_self_approval() ? "may" : "may not",
                  " approve his own command\nbreak-glass  ",
                  policy.forbid_break_glass()
                      ? "forbidden"
                      : "as the pin sets of the devices say",
                  "\nguardians  ", Guardians(policy));
  for (const registry::PolicyChange& change : policy.pending()) {
    absl::StrAppend(&text, Waits(change));
  }
  return text;
}

}  // namespace

absl::Status Records::CreateAccount(const std::string& account,
                                    const std::string& display_name) {
  registry::CreateAccountRequest request;
  request.set_account_id(account);
  request.mutable_account()->set_display_name(display_name);
  ASSIGN_OR_RETURN(const auto response, mesh_.CreateAccount(request));
  output_.Show(response.account(), response.account().name());
  return absl::OkStatus();
}

absl::Status Records::CreateSite(const std::string& site,
                                 const std::string& owner,
                                 const std::string& display_name) {
  registry::CreateSiteRequest request;
  request.set_site_id(site);
  request.mutable_site()->set_owner(owner);
  request.mutable_site()->set_display_name(display_name);
  ASSIGN_OR_RETURN(const auto response, mesh_.CreateSite(request));
  output_.Show(response.site(),
               absl::StrCat(response.site().name(), " of ", owner));
  return absl::OkStatus();
}

absl::Status Records::CreateGateway(const std::string& gateway,
                                    const std::string& site,
                                    absl::string_view key_pem) {
  registry::CreateGatewayRequest request;
  request.set_gateway_id(gateway);
  request.mutable_gateway()->set_site(site);
  ASSIGN_OR_RETURN(*request.mutable_gateway()->mutable_public_key(),
                   SpkiFromPem(key_pem));
  ASSIGN_OR_RETURN(const auto response, mesh_.CreateGateway(request));
  output_.Show(response.gateway(),
               absl::StrCat(response.gateway().name(), " at ", site));
  return absl::OkStatus();
}

absl::Status Records::ReplaceGatewayKey(const std::string& gateway,
                                        absl::string_view key_pem) {
  registry::GetGatewayRequest get;
  get.set_name(absl::StrCat("gateways/", gateway));
  registry::ReplaceGatewayKeyRequest request;
  request.set_name(get.name());
  ASSIGN_OR_RETURN(*request.mutable_public_key(), SpkiFromPem(key_pem));
  ASSIGN_OR_RETURN(const auto present, mesh_.GetGateway(get));
  request.set_etag(present.gateway().etag());
  ASSIGN_OR_RETURN(const auto response, mesh_.ReplaceGatewayKey(request));
  const bool waits = !response.gateway().pending_public_key().empty();
  const std::string key =
      crypto::Hex(crypto::View(crypto::Sha256(request.public_key())));
  output_.Show(
      response.gateway(),
      absl::StrCat(response.gateway().name(), " new key ", key.substr(0, 16),
                   waits ? ": its site's owner agrees with u2fi "
                           "account --gateway-key "
                         : ": it holds at once for ",
                   gateway));
  return absl::OkStatus();
}

absl::Status Records::SetModel(const std::string& model,
                               const std::vector<std::string>& operations,
                               bool open) {
  registry::UpdateModelRequest request;
  request.mutable_model()->set_name(absl::StrCat("models/", model));
  request.mutable_model()->set_open(open);
  for (const std::string& text : operations) {
    ASSIGN_OR_RETURN(*request.mutable_model()->add_operations(),
                     ParseOperation(text));
  }
  registry::GetModelRequest get;
  get.set_name(request.model().name());
  const auto present = mesh_.GetModel(get);
  if (present.ok()) {
    request.mutable_model()->set_etag(present->model().etag());
  } else if (!IsReason(present.status(), reason::kResourceUnknown)) {
    return present.status();
  }
  ASSIGN_OR_RETURN(const auto response, mesh_.UpdateModel(request));
  std::string text =
      absl::StrCat(proof::VisibleText(response.model().name()), " with ",
                   response.model().operations_size(),
                   " operations; any other needs the owner's touch");
  std::map<std::string, std::string> more;
  if (response.has_waits()) {
    text += Waits(response.waits());
    more["waits"] = ToJson(response.waits());
  }
  output_.Show(response.model(), text, more);
  return absl::OkStatus();
}

absl::Status Records::ShowPolicy() {
  ASSIGN_OR_RETURN(const auto response, mesh_.GetPolicy({}));
  output_.Show(response.policy(), Text(response.policy()));
  return absl::OkStatus();
}

absl::Status Records::ChangePolicy(const PolicyEdit& edit) {
  ASSIGN_OR_RETURN(const auto present, mesh_.GetPolicy({}));
  registry::UpdatePolicyRequest request;
  *request.mutable_policy() = present.policy();
  registry::Policy& policy = *request.mutable_policy();
  RETURN_IF_ERROR(
      EditRules(edit.rules, edit.drop_rules, *policy.mutable_rules()));
  if (edit.forbid_break_glass.has_value()) {
    policy.set_forbid_break_glass(*edit.forbid_break_glass);
  }
  if (edit.allow_self_approval.has_value()) {
    policy.set_allow_self_approval(*edit.allow_self_approval);
  }
  if (!edit.guardians.empty()) {
    *policy.mutable_guardians() = {edit.guardians.begin(),
                                   edit.guardians.end()};
  }
  ASSIGN_OR_RETURN(const auto response, mesh_.UpdatePolicy(request));
  output_.Show(response.policy(), Text(response.policy()));
  return absl::OkStatus();
}

absl::Status Records::ImportDevices(absl::string_view lines) {
  registry::ImportDevicesRequest request;
  request.set_request_id(NewRequestId(random_));
  for (absl::string_view line :
       absl::StrSplit(lines, '\n', absl::SkipWhitespace())) {
    ASSIGN_OR_RETURN(*request.add_devices(), ParseDevice(line));
  }
  ASSIGN_OR_RETURN(const auto response, mesh_.ImportDevices(request));
  std::string text;
  for (const std::string& name : response.devices()) {
    absl::StrAppend(&text, text.empty() ? "" : "\n", proof::VisibleText(name));
  }
  output_.Show(response, text);
  return absl::OkStatus();
}

absl::Status Records::Claim(const std::string& device,
                            const std::string& account,
                            const std::string& code) {
  registry::ClaimDeviceRequest request;
  request.set_name(absl::StrCat("devices/", device));
  request.set_account(account);
  request.set_claim_code(code);
  const auto response = mesh_.ClaimDevice(request);
  RETURN_IF_ERROR(OfNoAccount(account, response.status()));
  output_.Show(response->device(), Line(response->device()));
  return absl::OkStatus();
}

absl::Status Records::Devices(const std::string& account) {
  registry::ListDevicesRequest request;
  request.set_account(account);
  bool none = true;
  do {
    const auto page = mesh_.ListDevices(request);
    RETURN_IF_ERROR(OfNoAccount(account, page.status()));
    for (const registry::Device& device : page->devices()) {
      output_.Show(device, Line(device));
      none = false;
    }
    request.set_page_token(page->next_page_token());
  } while (!request.page_token().empty());
  return none ? NothingOf(account, "devices; u2fi claim takes one")
              : absl::OkStatus();
}

absl::Status Records::Tokens(const std::string& account) {
  attestation::ListTokensRequest request;
  request.set_account(account);
  bool none = true;
  do {
    const auto page = mesh_.ListTokens(request);
    RETURN_IF_ERROR(OfNoAccount(account, page.status()));
    for (const attestation::Token& token : page->tokens()) {
      output_.Show(token, Line(token));
      none = false;
    }
    request.set_page_token(page->next_page_token());
  } while (!request.page_token().empty());
  return none ? NothingOf(account, "keys; u2fi enrol adds one")
              : absl::OkStatus();
}

absl::Status Records::NothingOf(const std::string& account,
                                absl::string_view what) {
  RETURN_IF_ERROR(CheckAccountIsThere(mesh_, account));
  output_.Say(
      absl::StrCat(account.empty() ? "nobody" : proof::VisibleText(account),
                   " has no ", what));
  return absl::OkStatus();
}

}  // namespace u2fi::cli
