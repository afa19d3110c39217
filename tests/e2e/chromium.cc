#include "tests/e2e/chromium.h"

#include <algorithm>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "services/common/crypto/encoding.h"
#include "services/common/status/status_macros.h"
#include "tests/e2e/one_site.h"

namespace u2fi::e2e {
namespace {

using Json = DevTools::Json;

// What every function of the page begins with: bytes from and to base64url.
constexpr char kBytes[] = R"(
  const bytes = text => Uint8Array.from(
      atob(text.replace(/-/g, '+').replace(/_/g, '/')), c => c.charCodeAt(0));
  const text = buffer => btoa(String.fromCharCode(...new Uint8Array(buffer)))
      .replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '');
  const keys = ids => ids.map(id => ({type: 'public-key', id: bytes(id)}));
)";

constexpr char kCreate[] = R"(
  const made = await navigator.credentials.create({publicKey: {
    rp: {id: argument.rp, name: 'U2Fi'},
    user: {id: bytes('YW5u'), name: 'ann', displayName: 'Ann'},
    challenge: bytes(argument.challenge),
    pubKeyCredParams: [{type: 'public-key', alg: -7}],
    excludeCredentials: keys(argument.ids),
    authenticatorSelection: {userVerification: 'preferred'},
    attestation: 'direct'}});
  return {id: text(made.rawId), client: text(made.response.clientDataJSON),
          response: text(made.response.attestationObject)};
)";

constexpr char kGet[] = R"(
  const made = await navigator.credentials.get({publicKey: {
    rpId: argument.rp, challenge: bytes(argument.challenge),
    allowCredentials: keys(argument.ids), userVerification: 'preferred'}});
  return {id: text(made.rawId), client: text(made.response.clientDataJSON),
          data: text(made.response.authenticatorData),
          signature: text(made.response.signature)};
)";

Json Argument(const crypto::Digest& challenge,
              const std::vector<common::v1::Candidate>& candidates) {
  Json ids = Json::array();
  for (const common::v1::Candidate& candidate : candidates) {
    ids.push_back(crypto::Base64Url(candidate.credential_id()));
  }
  return {{"rp", OneSite::kRpId},
          {"challenge", crypto::Base64Url(crypto::View(challenge))},
          {"ids", ids}};
}

absl::StatusOr<std::string> Bytes(const Json& answer, const char* name) {
  return crypto::FromBase64Url(answer.value(name, ""));
}

}  // namespace

absl::StatusOr<std::unique_ptr<Chromium>> Chromium::Open(
    const Options& options) {
  std::unique_ptr<Chromium> opened(new Chromium);
  ASSIGN_OR_RETURN(opened->browser_, DevTools::Start(opened->folder_.path()));
  RETURN_IF_ERROR(opened->Visit(options));
  return opened;
}

absl::Status Chromium::Visit(const Options& options) {
  browser_->on_event = [this](const Json& event) {
    if (event.value("method", "") != "Fetch.requestPaused") return;
    browser_
        ->Send("Fetch.fulfillRequest",
               {{"requestId", event["params"]["requestId"]},
                {"responseCode", 200},
                {"body", absl::Base64Escape("<!doctype html>")}},
               page_)
        .IgnoreError();
  };
  ASSIGN_OR_RETURN(const Json target, browser_->Call("Target.createTarget",
                                                     {{"url", "about:blank"}}));
  ASSIGN_OR_RETURN(
      const Json session,
      browser_->Call("Target.attachToTarget",
                     {{"targetId", target["targetId"]}, {"flatten", true}}));
  page_ = session["sessionId"];
  const std::vector<std::pair<std::string, Json>> steps = {
      {"Fetch.enable", {{"patterns", {{{"urlPattern", "*"}}}}}},
      {"Page.enable", Json::object()},
      {"Page.navigate", {{"url", absl::StrCat(options.origin, "/")}}},
      {"WebAuthn.enable", Json::object()},
      {"WebAuthn.addVirtualAuthenticator",
       {{"options",
         {{"protocol", options.protocol},
          {"transport", "usb"},
          {"hasUserVerification", options.verifies_user},
          {"isUserVerified", options.verifies_user},
          {"automaticPresenceSimulation", true}}}}}};
  for (const auto& [method, parameters] : steps) {
    RETURN_IF_ERROR(browser_->Call(method, parameters, page_).status());
  }
  return absl::OkStatus();
}

absl::StatusOr<Json> Chromium::Run(const std::string& function,
                                   const Json& argument) {
  ASSIGN_OR_RETURN(
      const Json answer,
      browser_->Call(
          "Runtime.evaluate",
          {{"expression",
            absl::StrCat("(async argument => { try {", kBytes, function,
                         "} catch (error) { return {refused: "
                         "error.name}; } })(",
                         argument.dump(), ")")},
           {"awaitPromise", true},
           {"userGesture", true},
           {"returnByValue", true}},
          page_));
  const Json value = answer["result"].value("value", Json::object());
  if (value.contains("refused")) {
    return absl::PermissionDeniedError(value.value("refused", ""));
  }
  return value;
}

absl::StatusOr<common::v1::RegistrationAnswer> Chromium::Create(
    const crypto::Digest& challenge,
    const std::vector<common::v1::Candidate>& exclude) {
  ASSIGN_OR_RETURN(const Json made, Run(kCreate, Argument(challenge, exclude)));
  common::v1::RegistrationAnswer answer;
  answer.set_form(common::v1::REGISTRATION_FORM_WEBAUTHN);
  ASSIGN_OR_RETURN(*answer.mutable_client_data(), Bytes(made, "client"));
  ASSIGN_OR_RETURN(*answer.mutable_response(), Bytes(made, "response"));
  ASSIGN_OR_RETURN(*answer.mutable_raw_id(), Bytes(made, "id"));
  return answer;
}

absl::StatusOr<proof::v1::Answer> Chromium::Get(
    const crypto::Digest& challenge,
    const std::vector<common::v1::Candidate>& candidates) {
  ASSIGN_OR_RETURN(const Json made, Run(kGet, Argument(challenge, candidates)));
  proof::v1::Answer answer;
  ASSIGN_OR_RETURN(*answer.mutable_client_data(), Bytes(made, "client"));
  ASSIGN_OR_RETURN(*answer.mutable_authenticator_data(), Bytes(made, "data"));
  ASSIGN_OR_RETURN(*answer.mutable_signature(), Bytes(made, "signature"));
  ASSIGN_OR_RETURN(const std::string id, Bytes(made, "id"));
  const auto used = std::find_if(
      candidates.begin(), candidates.end(),
      [&](const auto& candidate) { return candidate.credential_id() == id; });
  if (used == candidates.end()) return absl::InternalError("another key");
  answer.set_token_id(used->token_id());
  return answer;
}

}  // namespace u2fi::e2e
