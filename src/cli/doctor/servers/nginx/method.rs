//! Whether nginx tells the hook how somebody authenticated, and whether that
//! fits what the location asks for.

use super::super::{found, ok};
use super::parameters::{Given, METHOD_ID};
use crate::auth::web::METHOD;
use crate::forge::{Diagnosis, Level};
use crate::model::authentication::Method;

impl Given<'_, '_, '_> {
    /// Whether the hook is told how somebody authenticated.
    pub(super) fn method(&self) -> Diagnosis {
        let Some(one) = self.of(METHOD).into_iter().next() else {
            return self.without_method();
        };
        let (value, place) = (one.argument(1), one.place.to_string());
        if value.contains('$') {
            return ok(
                METHOD_ID,
                &place,
                "the hook is told how somebody authenticated",
            );
        }
        let method = Method::named(value).filter(|method| *method != Method::PushCertificate);
        let remedy = "fastcgi_param FORGEWARDEN_AUTH_METHOD with password, token or client-certificate, whichever is \
                      asked for here";
        let access = self.access;
        let (level, message) = match method {
            None => (
                Level::Problem,
                "the value of FORGEWARDEN_AUTH_METHOD is no method's word, so every push is `unknown`",
            ),
            Some(Method::ClientCertificate) if !access.certificate => (
                Level::Problem,
                "the hook is told `client-certificate`, and nobody has to have one here",
            ),
            Some(Method::ClientCertificate) if access.basic || access.request => {
                return ok(
                    METHOD_ID,
                    &place,
                    "the hook is told the certificate that everybody has to have",
                );
            }
            Some(method) if access.basic && method != Method::Password => (
                Level::Warning,
                "the hook is told another method for everybody, and auth_basic lets passwords in",
            ),
            Some(method)
                if !access.basic
                    && !access.request
                    && access.certificate
                    && method != Method::ClientCertificate =>
            {
                (
                    Level::Problem,
                    "the hook is told another method than the certificate that is asked for here",
                )
            }
            Some(_) => {
                return ok(
                    METHOD_ID,
                    &place,
                    "the hook is told how everybody authenticates here",
                );
            }
        };
        found((METHOD_ID, level), &place, message, remedy)
    }

    fn without_method(&self) -> Diagnosis {
        let place = self.place();
        let tells_certificate = !self.of("SSL_CLIENT_VERIFY").is_empty();
        let access = self.access;
        let (message, remedy) = match (access.basic || access.request, access.certificate) {
            (_, true) if tells_certificate => {
                return ok(
                    METHOD_ID,
                    &place,
                    "the hook is told by SSL_CLIENT_VERIFY that there is a certificate",
                );
            }
            (false, true) => (
                "the hook is told nothing of the certificate, so every push is `unknown`",
                "fastcgi_param SSL_CLIENT_VERIFY $ssl_client_verify; and fastcgi_param FORGEWARDEN_AUTH_METHOD \
                 client-certificate;",
            ),
            _ if access.basic && !access.request => (
                "the hook is not told how somebody authenticated: REMOTE_USER without a method is `unknown`",
                "fastcgi_param FORGEWARDEN_AUTH_METHOD password;",
            ),
            _ => (
                "the hook is not told how somebody authenticated, so every push is `unknown`",
                "auth_request_set $method $upstream_http_x_method; and fastcgi_param FORGEWARDEN_AUTH_METHOD $method;",
            ),
        };
        found((METHOD_ID, Level::Problem), &place, message, remedy)
    }
}
