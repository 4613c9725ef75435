"""Densities as people write them: the declaration, a point, the log density there, and the spellings.

Each is written for these tests in a manner met in manuals, textbooks and code; the number is SciPy's, or a
line of arithmetic.
"""

from math import exp, log, pi

from scipy import stats

SPELLINGS = [
    (
        "y: real | mu: real, sigma: positive",
        {"y": 1.1, "mu": 0.3, "sigma": 1.7},
        stats.norm.logpdf(1.1, 0.3, 1.7),
        [
            r"f(y) = \frac{1}{\sqrt{2\pi\sigma^2}} e^{-\frac{(y-\mu)^2}{2\sigma^2}}",
            r"f(y\mid\mu,\sigma^2)=\frac{1}{\sigma\sqrt{2\pi}}\,\exp\left\{-\frac{1}{2}\left(\frac{y-\mu}{\sigma}\right)^{2}\right\}",
            r"p(y;\mu,\sigma)=\frac1{\sqrt{2\pi}\,\sigma}\exp\!\Big(-\tfrac{(y-\mu)^2}{2\sigma^2}\Big), \quad -\infty<y<\infty",
            r"$$\mathcal{N}(y \mid \mu, \sigma) = (2\pi\sigma^2)^{-1/2} \exp\{-\frac{1}{2\sigma^2}(y-\mu)^2\}$$",
            r"{1 \over \sigma \sqrt{2\pi}} e^{-(y-\mu)^2/(2\sigma^2)}",
            r"\frac{1}{\sigma}\varphi\left(\frac{y-\mu}{\sigma}\right)",
            r"\frac{1}{\sigma}\phi\!\left(\frac{y-\mu}{\sigma}\right)",
            "1/(sigma*sqrt(2*pi))*exp(-(y-mu)**2/(2*sigma**2))",
            "exp(-0.5*((y - mu)/sigma)^2)/(sigma*sqrt(2*pi))",
            "1/(σ√(2π)) exp(−(y−μ)²/(2σ²))",
            "(1/(σ√(2π))) e^(−½((y−μ)/σ)²)",
            "np.exp(-0.5 * ((y - mu) / sigma) ** 2) / (sigma * np.sqrt(2 * np.pi))",
            "log p(y | mu, sigma) = -0.5*log(2*pi) - log(sigma) - 0.5*((y - mu)/sigma)^2",
            r"\log p(y|\mu,\sigma) = -\frac{1}{2}\log(2\pi\sigma^2) - \frac{(y-\mu)^2}{2\sigma^2}",
            r"\ln f(y;\mu,\sigma)=-\ln\sigma-\tfrac12\ln 2\pi-\frac{(y-\mu)^2}{2\sigma^2}",
            r"\ell(\mu,\sigma) = -\frac{n}{2}\log 2\pi\sigma^2 - \frac{1}{2\sigma^2}\sum_{i=1}^n (y_i-\mu)^2",
            r"L(\mu,\sigma\mid y)=\prod_{i=1}^{n}\frac{1}{\sqrt{2\pi}\sigma}e^{-\frac{(y_i-\mu)^2}{2\sigma^2}}",
            r"\ell(\mu, \sigma) = -n\log(\sigma) - \frac{n}{2}\log(2\pi) - \frac{1}{2\sigma^2}\sum_{i=1}^{n}(y_i - \mu)^2",
            r"L(\mu,\sigma) = \frac{1}{(2\pi\sigma^2)^{n/2}}\exp\left(-\frac{1}{2\sigma^2}\sum_{i=1}^n (y_i-\mu)^2\right)",
            "nll = 0.5*log(2*pi*sigma**2) + (y-mu)**2/(2*sigma**2)",
            r"f(y) = \frac{1}{\sqrt{2\pi}\sigma} \exp\left(-\frac{(y-\mu)^2}{2\sigma^2}\right) \qquad \text{for } y \in \mathbb{R}",
            r"f(y; \mu, \sigma) = \dfrac{1}{\sigma \sqrt{2 \pi}} \exp\left[-\dfrac{1}{2}\left(\dfrac{y-\mu}{\sigma}\right)^2\right]; \; -\infty < y < \infty, \; \sigma > 0",
            r"\[ p(y) = \frac{1}{\sqrt{2 \pi} \sigma} \exp\left( -\frac{1}{2} \left( \frac{y - \mu}{\sigma} \right)^2 \right). \]",
            r"f(y)=\frac{1}{\sigma\sqrt{2\pi}}\mathrm{e}^{-\frac{1}{2}(\frac{y-\mu}{\sigma})^2}",
            r"P(Y=y)=\frac{1}{\sqrt{2\pi}\sigma}exp\left(-\frac{(y-\mu)^2}{2\sigma^2}\right)",
        ],
    ),
    (
        "y: real | mu: real, sigma^2: positive",
        {"y": 1.1, "mu": 0.3, "sigma2": 2.8899999999999997},
        stats.norm.logpdf(1.1, 0.3, 1.7),
        [
            r"\frac{1}{\sqrt{2\pi\sigma^2}} e^{-\frac{(y-\mu)^2}{2\sigma^2}}",
            r"f(y|\mu,\sigma^2)=\frac{1}{\sigma\sqrt{2\pi}} \exp\left(-\frac{(y-\mu)^2}{2\sigma^2}\right)",
            "exp(-(y-mu)^2/(2*sigma^2))/sqrt(2*pi*sigma^2)",
            "exp(-(y-mu)^2/(2*sigma2))/sqrt(2*pi*sigma2)",
            r"\frac{1}{\sqrt{2\pi\sigma^{2}}}\exp(-\frac{(y-\mu)^2}{2\sigma^{2}})",
        ],
    ),
    (
        "x: positive | k: positive, theta: positive",
        {"x": 0.8, "k_": 2.5, "theta": 1.3},
        stats.gamma.logpdf(0.8, 2.5, scale=1.3),
        [
            r"f(x;k,\theta) = \frac{x^{k-1}e^{-x/\theta}}{\Gamma(k)\theta^k} \quad \text{for } x > 0 \text{ and } k, \theta > 0",
            r"\frac{1}{\Gamma(k)\theta^k} x^{k-1}e^{-\frac{x}{\theta}}",
            "x^(k-1) exp(-x/theta) / (Gamma(k) theta^k)",
            "x**(k-1)*exp(-x/theta)/(gamma(k)*theta**k)",
            "1/(Γ(k)θ^k) x^(k−1) e^(−x/θ)",
            r"\frac {x^{k-1} e^{-{x \over \theta}}} {\theta^k \, \Gamma(k)} \text{ for } x>0",
            "log_prob = (k-1)*log(x) - x/theta - lgamma(k) - k*log(theta)",
            r"p(x | k, \theta) = \left\{ \begin{array}{ll} \frac{1}{\Gamma(k)\theta^k} x^{k-1}e^{-x/\theta} & x > 0 \\ 0 & \text{otherwise} \end{array} \right.",
            r"\begin{cases} \dfrac{x^{k-1}e^{-x/\theta}}{\theta^{k}\Gamma(k)}, & x>0,\\ 0, & x\le 0.\end{cases}",
            r"\frac{x^{k-1}e^{-x/\theta}}{\theta^{k}\Gamma(k)} I_{(0,\infty)}(x)",
            r"\frac{x^{k-1}e^{-x/\theta}}{\theta^{k}\Gamma(k)} \mathbf{1}_{\{x>0\}}",
            r"\frac{x^{k-1}e^{-x/\theta}}{\theta^{k}\Gamma(k)} \mathbb{1}_{x>0}",
            r"\frac{x^{k-1}e^{-x/\theta}}{\theta^{k}\Gamma(k)}\,1_{[0,\infty)}(x)",
            r"x^{k-1}\frac{\exp{\left(-x/\theta\right)}}{\Gamma(k)\,\theta^k}",
        ],
    ),
    (
        "x: unit | alpha: positive, beta: positive",
        {"x": 0.3, "alpha": 2.5, "beta": 1.3},
        stats.beta.logpdf(0.3, 2.5, 1.3),
        [
            r"\frac{x^{\alpha-1}(1-x)^{\beta-1}}{\mathrm{B}(\alpha,\beta)}",
            r"\frac{x^{\alpha-1}(1-x)^{\beta-1}}{B(\alpha,\beta)}",
            r"\frac{\Gamma(\alpha+\beta)}{\Gamma(\alpha)\Gamma(\beta)}\,x^{\alpha-1}(1-x)^{\beta-1}",
            r"f(x;\alpha,\beta) = \frac{\Gamma(\alpha+\beta)}{\Gamma(\alpha)\,\Gamma(\beta)}\,x^{\alpha-1}(1-x)^{\beta-1} = \frac{1}{\mathrm{B}(\alpha,\beta)} x^{\alpha-1}(1-x)^{\beta-1}",
            "x^(α−1) (1−x)^(β−1) / B(α, β)",
            "x**(alpha-1)*(1-x)**(beta-1)/Beta(alpha,beta)",
            "exp((alpha-1)*log(x) + (beta-1)*log1p(-x) - betaln(alpha, beta))",
            r"\operatorname{Beta}(x\mid\alpha,\beta)=\frac{1}{\operatorname{B}(\alpha,\beta)}x^{\alpha-1}(1-x)^{\beta-1}\mathbb{I}\{0<x<1\}",
            r"f(x | \alpha, \beta) = \frac{x^{\alpha-1} (1 - x)^{\beta - 1}}{B(\alpha, \beta)}",
            r"\frac{\Gamma(\alpha+\beta)}{\Gamma(\alpha)\Gamma(\beta)}x^{\alpha-1}(1-x)^{\beta-1}",
        ],
    ),
    (
        "x: nonnegative | lambda: positive",
        {"x": 0.8, "lambda": 1.3},
        stats.expon.logpdf(0.8, scale=1 / 1.3),
        [
            r"f(x;\lambda)=\lambda e^{-\lambda x}, x\geq 0",
        ],
    ),
    (
        "x: real | lambda: positive",
        {"x": 0.8, "lambda": 1.3},
        stats.expon.logpdf(0.8, scale=1 / 1.3),
        [
            r"f(x) = \begin{cases} \lambda e^{-\lambda x} & \text{if } x \geq 0 \\ 0 & \text{if } x<0 \end{cases}",
            r"\lambda \exp\{-\lambda x\} \mathbf{1}(x>0)",
        ],
    ),
    (
        "x: positive | λ: positive",
        {"x": 0.8, "lambda": 1.3},
        stats.expon.logpdf(0.8, scale=1 / 1.3),
        [
            "λe^(−λx)",
        ],
    ),
    (
        "y: real | nu: positive, mu: real, sigma: positive",
        {"y": 1.1, "nu": 3.3, "mu": 0.3, "sigma": 1.7},
        stats.t.logpdf(1.1, 3.3, 0.3, 1.7),
        [
            r"\frac{\Gamma\left(\frac{\nu+1}{2}\right)}{\Gamma\left(\frac{\nu}{2}\right)\sqrt{\nu\pi}\,\sigma}\left(1+\frac{1}{\nu}\left(\frac{y-\mu}{\sigma}\right)^2\right)^{-(\nu+1)/2}",
            r"\frac{\Gamma((\nu + 1)/2)} {\Gamma(\nu/2)} \ \frac{1}{\sqrt{\nu \pi} \ \sigma} \ \left( 1 + \frac{1}{\nu} \left(\frac{y - \mu}{\sigma}\right)^2 \right)^{-(\nu + 1)/2}",
            r"\frac{\Gamma(\frac{\nu+1}{2})}{\sqrt{\nu\pi}\,\sigma\,\Gamma(\frac{\nu}{2})}\left(1+\frac{(y-\mu)^2}{\nu\sigma^2}\right)^{-\frac{\nu+1}{2}}",
            r"\frac{1}{\sqrt{\nu}\,\mathrm{B}(\frac12,\frac\nu2)\sigma}\left(1+\frac{(y-\mu)^2}{\nu\sigma^2}\right)^{-\frac{\nu+1}2}",
        ],
    ),
    (
        "k: count | lambda: positive",
        {"k_": 3, "lambda": 2.2},
        stats.poisson.logpmf(3, 2.2),
        [
            r"P(X=k)=\frac{\lambda^k e^{-\lambda}}{k!}, \quad k=0,1,2,\ldots",
            r"\Pr(X{=}k)= {\lambda^k e^{-\lambda} \over k!}",
        ],
    ),
    (
        "k: count | λ: positive",
        {"k_": 3, "lambda": 2.2},
        stats.poisson.logpmf(3, 2.2),
        [
            "λ^k e^{-λ}/k!",
        ],
    ),
    (
        "k: count | lam: positive",
        {"k_": 3, "lam": 2.2},
        stats.poisson.logpmf(3, 2.2),
        [
            "exp(k*log(lam) - lam - lgamma(k+1))",
        ],
    ),
    (
        "k: count | n: count, p: unit",
        {"k_": 3, "n": 7, "p": 0.4},
        stats.binom.logpmf(3, 7, 0.4),
        [
            r"\binom{n}{k}p^k(1-p)^{n-k}",
            r"{n \choose k} p^k (1-p)^{n-k}",
            r"\frac{n!}{k!(n-k)!}p^k(1-p)^{n-k}",
            r"f(k;n,p)=\binom{n}{k}p^{k}(1-p)^{n-k}, k=0,1,\dots,n",
            "binom(n,k) p^k (1-p)^(n-k)",
            "choose(n, k)*p**k*(1-p)**(n-k)",
            "comb(n,k)*p^k*(1-p)^(n-k)",
            r"C_n^k p^k (1-p)^{n-k}",
            r"\mathrm{C}_{n}^{k}\, p^k q^{n-k}, \quad q = 1 - p",
            r"C^n_k \, p^k (1-p)^{n-k}",
            r"{}^nC_k \, p^k (1-p)^{n-k}",
            r"p^k (1-p)^{n-k}\,{}_{n}C_{k}",
            r"P(K = k) = \frac{{}^{n}C_{k} \, p^k}{(1-p)^{k-n}}",
            r"f : k \mapsto \binom{n}{k} p^k (1-p)^{n-k}",
            "k ↦ C(n, k) p^k (1-p)^(n-k)",
        ],
    ),
    (
        "k: binary | p: unit",
        {"k_": 1, "p": 0.4},
        log(0.4),
        [
            r"p^k(1-p)^{1-k}\quad \text{for }k\in\{0,1\}",
            r"\begin{cases} 1-p & \text{if } k=0 \\ p & \text{if } k=1 \end{cases}",
        ],
    ),
    (
        "k: positive integer | p: unit",
        {"k_": 3, "p": 0.4},
        stats.geom.logpmf(3, 0.4),
        [
            r"(1-p)^{k-1}\,p, k \in \mathbb{N}",
        ],
    ),
    (
        "y: count | mu: positive, phi: positive",
        {"y": 3, "mu": 2.2, "phi": 1.7},
        stats.nbinom.logpmf(3, 1.7, 1.7 / 3.9),
        [
            r"\frac{\Gamma(y+\phi)}{y!\,\Gamma(\phi)} \left(\frac{\mu}{\mu+\phi}\right)^{\!y} \left(\frac{\phi}{\mu+\phi}\right)^{\!\phi}",
        ],
    ),
    (
        "n: count | mu: positive, phi: positive",
        {"n": 3, "mu": 2.2, "phi": 1.7},
        stats.nbinom.logpmf(3, 1.7, 1.7 / 3.9),
        [
            r"\binom{n+\phi-1}{n}\left(\frac{\mu}{\mu+\phi}\right)^n\left(\frac{\phi}{\mu+\phi}\right)^\phi",
        ],
    ),
    (
        "k: {0..n} | n: count, alpha: positive, beta: positive",
        {"k_": 3, "n": 7, "alpha": 2.0, "beta": 1.3},
        stats.betabinom.logpmf(3, 7, 2.0, 1.3),
        [
            r"\binom{n}{k}\frac{B(k+\alpha,n-k+\beta)}{B(\alpha,\beta)}",
        ],
    ),
    (
        "y: count | pi: unit, lambda: positive",
        {"y": 0, "pi": 0.2, "lambda": 1.3},
        log(0.2 + 0.8 * exp(-1.3)),
        [
            r"P(Y=y) = \pi \mathbb{1}\{y=0\} + (1-\pi)\frac{e^{-\lambda}\lambda^y}{y!}",
        ],
    ),
    (
        "y: count | pi: unit, lambda: positive",
        {"y": 2, "pi": 0.2, "lambda": 1.3},
        log(0.8) + stats.poisson.logpmf(2, 1.3),
        [
            r"\begin{cases}\pi+(1-\pi)e^{-\lambda} & y=0\\ (1-\pi)\frac{\lambda^y e^{-\lambda}}{y!} & y>0\end{cases}",
        ],
    ),
    (
        "x: positive | lambda: positive, k: positive",
        {"x": 0.8, "lambda": 1.3, "k_": 1.8},
        stats.weibull_min.logpdf(0.8, 1.8, scale=1.3),
        [
            r"\frac{k}{\lambda}\left(\frac{x}{\lambda}\right)^{k-1}e^{-(x/\lambda)^{k}}, x\geq0",
            r"k/\lambda\,(x/\lambda)^{k-1}\exp(-(x/\lambda)^k)",
            "(k/λ) (x/λ)^(k−1) exp(−(x/λ)^k)",
            "k/lambda*(x/lambda)^(k-1)*exp(-(x/lambda)^k)",
        ],
    ),
    (
        "x: positive | mu: real, sigma: positive",
        {"x": 1.5, "mu": 0.3, "sigma": 0.8},
        stats.lognorm.logpdf(1.5, 0.8, scale=exp(0.3)),
        [
            r"\frac{1}{x\sigma\sqrt{2\pi}} \exp\left(-\frac{(\ln x-\mu)^2}{2\sigma^2}\right)",
        ],
    ),
    (
        "x: positive | mu: positive, lambda: positive",
        {"x": 0.8, "mu": 1.3, "lambda": 2.0},
        stats.invgauss.logpdf(0.8, 1.3 / 2.0, scale=2.0),
        [
            r"\sqrt{\frac{\lambda}{2\pi x^3}}\exp\left[-\frac{\lambda(x-\mu)^2}{2\mu^2x}\right]",
            r"\left[\frac{\lambda}{2\pi x^3}\right]^{1/2}\exp\frac{-\lambda(x-\mu)^2}{2\mu^2x}",
        ],
    ),
    (
        "x: positive | x_m: positive, alpha: positive",
        {"x": 0.8, "x_m": 0.5, "alpha": 1.8},
        stats.pareto.logpdf(0.8, 1.8, scale=0.5),
        [
            r"\frac{\alpha x_\mathrm{m}^\alpha}{x^{\alpha+1}}, x \ge x_\mathrm{m}",
        ],
    ),
    (
        "x: real | a: real, b: real",
        {"x": 0.8, "a": 0.5, "b": 1.8},
        -log(1.3),
        [
            r"\frac{1}{b-a}\quad\text{for } a\le x\le b",
            r"f(x)=\begin{cases}\frac{1}{b-a} & \mathrm{for}\ a\le x\le b,\\[8pt]0 & \mathrm{for}\ x<a\ \mathrm{or}\ x>b\end{cases}",
        ],
    ),
    (
        "x: nonnegative | sigma: positive",
        {"x": 0.8, "sigma": 1.3},
        stats.rayleigh.logpdf(0.8, scale=1.3),
        [
            r"\frac{x}{\sigma^2}e^{-x^2/(2\sigma^2)},\quad x\ge 0",
        ],
    ),
    (
        "x: positive | a: positive",
        {"x": 0.8, "a": 1.3},
        stats.maxwell.logpdf(0.8, scale=1.3),
        [
            r"\sqrt{\frac{2}{\pi}}\,\frac{x^2}{a^3}\,\exp\left(\frac{-x^2}{2a^2}\right)",
        ],
    ),
    (
        "x: positive | k: positive",
        {"x": 0.8, "k_": 3.0},
        stats.chi2.logpdf(0.8, 3.0),
        [
            r"\frac{1}{2^{k/2}\Gamma(k/2)}\;x^{k/2-1}e^{-x/2}",
        ],
    ),
    (
        "x: positive | nu: positive",
        {"x": 0.8, "nu": 3.0},
        stats.chi2.logpdf(0.8, 3.0),
        [
            r"\frac{1}{\Gamma(\nu/2)2^{\nu/2}}x^{\nu/2-1}e^{-x/2}",
        ],
    ),
    (
        "x: real | x_0: real, gamma: positive",
        {"x": 0.8, "x_0": 0.1, "gamma": 1.3},
        stats.cauchy.logpdf(0.8, 0.1, 1.3),
        [
            r"\frac{1}{\pi\gamma\left[1+\left(\frac{x-x_0}{\gamma}\right)^2\right]}",
            r"\frac{1}{\pi\gamma}\left[\frac{\gamma^2}{(x-x_0)^2+\gamma^2}\right]",
        ],
    ),
    (
        "x: real | mu: real, s: positive",
        {"x": 0.8, "mu": 0.1, "s": 1.3},
        stats.logistic.logpdf(0.8, 0.1, 1.3),
        [
            r"\frac{e^{-(x-\mu)/s}}{s\left(1+e^{-(x-\mu)/s}\right)^2}",
            r"\frac{1}{4s}\operatorname{sech}^2\left(\frac{x-\mu}{2s}\right)",
        ],
    ),
    (
        "x: real | mu: real, beta: positive",
        {"x": 0.8, "mu": 0.1, "beta": 1.3},
        stats.gumbel_r.logpdf(0.8, 0.1, 1.3),
        [
            r"\frac1\beta e^{-\left(\frac{x-\mu}{\beta}+e^{-(x-\mu)/\beta}\right)}",
        ],
    ),
    (
        "x: angle | mu: real, kappa: positive",
        {"x": 0.8, "mu": 0.1, "kappa": 1.3},
        stats.vonmises.logpdf(0.8, 1.3, 0.1),
        [
            r"\frac{e^{\kappa\cos(x-\mu)}}{2\pi I_0(\kappa)}",
            r"\frac{\exp(\kappa \cos(x-\mu))}{2\pi I_{0}(\kappa)}, -\pi \le x < \pi",
            "exp(kappa*cos(x-mu))/(2*pi*besseli(0,kappa))",
        ],
    ),
    (
        "x: real | xi: real, omega: positive, alpha: real",
        {"x": 0.8, "xi": 0.1, "omega": 1.3, "alpha": 2.0},
        stats.skewnorm.logpdf(0.8, 2.0, 0.1, 1.3),
        [
            r"\frac{2}{\omega}\phi\left(\frac{x-\xi}{\omega}\right)\Phi\left(\alpha\frac{x-\xi}{\omega}\right)",
        ],
    ),
    (
        "x: unit | a: positive, b: positive",
        {"x": 0.3, "a": 2.0, "b": 1.3},
        log(2 * 1.3 * 0.3 * (1 - 0.09) ** 0.3),
        [
            "a b x^{a-1} (1-x^a)^{b-1}",
            "abx^{a-1}(1-x^a)^{b-1}",
        ],
    ),
    (
        "x: real | mu: real, sigma: positive, lambda: positive",
        {"x": 0.8, "mu": 0.1, "sigma": 1.3, "lambda": 0.7},
        stats.exponnorm.logpdf(0.8, 1 / (1.3 * 0.7), 0.1, 1.3),
        [
            r"\frac{\lambda}{2}e^{\frac{\lambda}{2}(2\mu+\lambda\sigma^2-2x)}\operatorname{erfc}\left(\frac{\mu+\lambda\sigma^2-x}{\sqrt{2}\sigma}\right)",
        ],
    ),
    (
        "x: real | mu: real, alpha: positive, beta: positive",
        {"x": 0.8, "mu": 0.1, "alpha": 1.3, "beta": 1.7},
        stats.gennorm.logpdf(0.8, 1.7, 0.1, 1.3),
        [
            r"\frac{\beta}{2\alpha\Gamma(1/\beta)} \; e^{-(|x-\mu|/\alpha)^\beta}",
        ],
    ),
    (
        "x: positive | alpha: positive, beta: positive",
        {"x": 0.8, "alpha": 1.3, "beta": 1.7},
        stats.fisk.logpdf(0.8, 1.7, scale=1.3),
        [
            r"\frac{(\beta/\alpha)(x/\alpha)^{\beta-1}}{\left(1+(x/\alpha)^{\beta}\right)^2}",
        ],
    ),
    (
        "x: positive | alpha: positive, beta: positive",
        {"x": 0.8, "alpha": 1.3, "beta": 1.7},
        stats.invgamma.logpdf(0.8, 1.3, scale=1.7),
        [
            r"\frac{\beta^\alpha}{\Gamma(\alpha)}(1/x)^{\alpha+1}\exp\left(-\beta/x\right)",
        ],
    ),
    (
        "x: positive | d_1: positive, d_2: positive",
        {"x": 0.8, "d_1": 4.0, "d_2": 7.0},
        stats.f.logpdf(0.8, 4, 7),
        [
            r"\frac{\sqrt{\frac{(d_1x)^{d_1}d_2^{d_2}}{(d_1x+d_2)^{d_1+d_2}}}}{x\,\mathrm{B}\!\left(\frac{d_1}{2},\frac{d_2}{2}\right)}",
        ],
    ),
    (
        "x: positive | d1: positive, d2: positive",
        {"x": 0.8, "d1": 4.0, "d2": 7.0},
        stats.f.logpdf(0.8, 4, 7),
        [
            r"\frac{\sqrt{\frac{(d_1x)^{d_1}d_2^{d_2}}{(d_1x+d_2)^{d_1+d_2}}}}{x\,\mathrm{B}\!\left(\frac{d_1}{2},\frac{d_2}{2}\right)}",
        ],
    ),
    (
        "x: real | mu: real, b: positive",
        {"x": 0.8, "mu": 0.1, "b": 1.3},
        stats.laplace.logpdf(0.8, 0.1, 1.3),
        [
            r"\frac{1}{2b} \begin{cases} \exp\left(-\frac{\mu-x}{b}\right) & \text{if } x < \mu \\ \exp\left(-\frac{x-\mu}{b}\right) & \text{if } x \ge \mu \end{cases}",
        ],
    ),
    (
        "y: real | mu: real, sigma: positive, tau: unit",
        {"y": 1.1, "mu": 0.3, "sigma": 1.7, "tau": 0.3},
        log(0.21 / 1.7) - 0.8 / 1.7 * 0.3,
        [
            r"\frac{\tau(1-\tau)}{\sigma}\exp\left(-\frac{y-\mu}{\sigma}\left(\tau-\mathbb{I}(y\le\mu)\right)\right)",
        ],
    ),
    (
        "y: count | mu: positive",
        {"y": 3, "mu": 2.2},
        stats.poisson.logpmf(3, 2.2),
        [
            r"\exp(y\log\mu-\mu-\log y!)",
            r"\log p = y \log \mu - \mu - \log \Gamma(y+1)",
        ],
    ),
    (
        "y: real | mu: real, b: positive",
        {"y": 0.8, "mu": 0.1, "b": 1.3},
        stats.laplace.logpdf(0.8, 0.1, 1.3),
        [
            r"\log p(y) = -\log 2 - \log b - \frac{1}{b}\lvert y - \mu\rvert",
        ],
    ),
    (
        "x: positive | lambda: positive",
        {"x": 0.8, "lambda": 1.3},
        stats.expon.logpdf(0.8, scale=1 / 1.3),
        [
            r"\sum_{k=1}^{2} \frac{1}{2}\lambda e^{-\lambda x}",
        ],
    ),
    (
        "x: positive | sigma: positive",
        {"x": 0.8, "sigma": 1.3},
        stats.halfcauchy.logpdf(0.8, scale=1.3),
        [
            "2/(pi*sigma) * 1/(1 + (x/sigma)^2)",
        ],
    ),
    (
        "x: positive | beta: positive",
        {"x": 0.8, "beta": 1.3},
        stats.halfcauchy.logpdf(0.8, scale=1.3),
        [
            r"\frac{2}{\pi \beta [1 + (\frac{x}{\beta})^2]}",
        ],
    ),
    (
        "x: real | a: real, b: real, c: real",
        {"x": 0.8, "a": 0.0, "b": 2.0, "c": 1.5},
        stats.triang.logpdf(0.8, 0.75, 0, 2),
        [
            r"\begin{cases} 0 & \text{for } x < a, \\ \frac{2(x-a)}{(b-a)(c-a)} & \text{for } a \le x < c, \\[4pt] \frac{2}{b-a} & \text{for } x = c, \\[4pt] \frac{2(b-x)}{(b-a)(b-c)} & \text{for } c < x \le b, \\[4pt] 0 & \text{for } b < x. \end{cases}",
        ],
    ),
    (
        "x: real | mu: real, sigma: positive, xi: positive",
        {"x": 0.8, "mu": 0.1, "sigma": 1.3, "xi": 0.4},
        stats.genpareto.logpdf(0.8, 0.4, 0.1, 1.3),
        [
            r"f(x\mid \mu,\sigma ,\xi )=\frac {1}{\sigma }\left(1+\xi\frac{x-\mu}{\sigma}\right)^{-\left(\frac{1}{\xi}+1\right)}",
        ],
    ),
    (
        "x: real",
        {"x": 0.8},
        stats.norm.logpdf(0.8),
        [
            r"\frac{1}{\sqrt{2\pi}} e^{-x^2/2}",
            "exp(-x^2/2)/sqrt(2*pi)",
        ],
    ),
    (
        "x: positive | theta: positive",
        {"x": 0.8, "theta": 1.3},
        stats.expon.logpdf(0.8, scale=1.3),
        [
            r"\frac{1}{\theta} \exp(-x_i/\theta)",
        ],
    ),
    (
        "k: positive integer | p: unit",
        {"k_": 3, "p": 0.4},
        stats.logser.logpmf(3, 0.4),
        [
            r"\frac{-1}{\log(1-p)} \frac{p^k}{k}",
        ],
    ),
    (
        "x: unit",
        {"x": 0.3},
        log(0.3 ** (1 / 3) * 4 / 3),
        [
            r"\sqrt[3]{x}\cdot\frac43",
        ],
    ),
    (
        "x: real | sigma: positive",
        {"x": 0.8, "sigma": 1.3},
        log(0.8 / 1.69 * exp(-0.64 / 1.69)),
        [
            r"\frac{|x|}{\sigma^2}e^{-|x|^2/\sigma^2}",
        ],
    ),
    (
        "x: positive | lambda: positive",
        {"lambda": 1.3, "x": 0.8},
        stats.expon.logpdf(0.8, scale=1 / 1.3),
        [
            r"f_X(x)=\lambda e^{-\lambda x}",
            r"f_{X}(x;\lambda)=\lambda\exp(-\lambda x)",
            r"p_\lambda(x)=\lambda e^{-\lambda x}",
            r"\text{pdf}(x) = \lambda e^{-\lambda x}",
            "pdf(x; λ) = λ exp(-λx)",
            ".. math::\n\n    f(x, \\lambda) = \\lambda \\exp(-\\lambda x)\n",
            r"f(x \,|\, \lambda) = \lambda e^{-\lambda x}, \; x>0.",
            r"f(x\vert\lambda)=\lambda e^{-\lambda x}",
            r"p(x \mid \lambda) := \lambda e^{-\lambda x}",
            r"\mathrm{Exp}(x\mid\lambda)=\lambda e^{-\lambda x}",
            r"f(x) = \lambda\, \mathrm{exp}(-\lambda x), \, \forall x \ge 0",
            r"f(x)=\lambda e^{-\lambda x}\ (x>0)",
            r"f(x) = \lambda e^{-\lambda x} \qquad (x > 0)",
            r"f(x) = \lambda e^{-\lambda x}, \text{ where } x>0 \text{ and } \lambda>0",
            r"f(x;\lambda)= \left\{\begin{matrix} \lambda e^{-\lambda x} & x\ge 0\\ 0 & x<0\end{matrix}\right.",
            r"f(x) = \lambda e^{-\lambda x} \mathbb{1}_{[0, \infty)}(x)",
            r"\lambda e^{-\lambda x}\mathbf{1}\{x \geq 0\}",
            r"\log f = \log \lambda - \lambda x",
            "logp = log(lambda) - lambda*x",
            r"\lambda\mathrm{e}^{-\lambda x}",
            r"\lambda e^{-x\lambda}",
            r"e^{-\lambda x}\lambda",
            r"\lambda e ^ {-\lambda x}",
            r"\frac{1}{1/\lambda} e^{-x/(1/\lambda)}",
            "lambda*e^(-lambda*x)",
            "lambda e^{-lambda x}",
            "lambda_*exp(-lambda_*x)",
            "f(x|λ) = λ·e^{-λ·x} for x ≥ 0",
            "f(x) = λ e^(-λ x), x ≥ 0",
            r"P(x)=\lambda e^{-\lambda x}",
            r"f(x)\equiv\lambda e^{-\lambda x}",
            r"\operatorname{p}(x)=\lambda e^{-\lambda x}",
            r"\boxed{f(x)=\lambda e^{-\lambda x}}",
            r"f(x)&=\lambda e^{-\lambda x}\\",
            r"f(x) = \underbrace{\lambda}_{\text{rate}} e^{-\lambda x}",
            r"L(\lambda; x_1,\ldots,x_n) = \prod_{i=1}^n \lambda e^{-\lambda x_i}",
            r"\mathcal{L}(\lambda) = \prod_i \lambda \exp(-\lambda x_i)",
            r"\ell(\lambda \mid x) = \sum_{i=1}^{n} \left( \log\lambda - \lambda x_i \right)",
            r"\ell(\lambda)=n\log\lambda-\lambda\sum_i x_i",
            r"-\log L(\lambda) = -n\log\lambda + \lambda\sum_{i=1}^n x_i",
            r"\mathrm{NLL} = \lambda x - \log \lambda",
            r"f(x) = \lambda^1 e^{-\lambda x}",
            r"{\lambda}{e}^{-{\lambda}{x}}",
            r"f(x) = \lambda\exp\left(-\lambda x\right),\ x\in[0,\infty)",
            r"f\left(x\right)=\lambda e^{-\lambda x}",
            r"f(\mathbf{x}) = \lambda e^{-\lambda \mathbf{x}}",
        ],
    ),
    (
        "y: binary | p: unit",
        {"p": 0.4, "y": 1},
        log(0.4),
        [
            "p^y (1-p)^{1-y}",
            r"p^{\mathbb{1}(y=1)}(1-p)^{\mathbb{1}(y=0)}",
            "p^{[y=1]}(1-p)^{[y=0]}",
            r"\exp\{y \log\frac{p}{1-p} + \log(1-p)\}",
            "p y + (1-p)(1-y)",
            "p**y * (1 - p)**(1 - y)",
            "log p(y) = y*log(p) + (1-y)*log(1-p)",
            r"\log p(y|p) = y\log p + (1-y)\log(1-p)",
            r"f(y;p)=\begin{cases}p&\text{if }y=1,\\1-p&\text{if }y=0.\end{cases}",
            r"p^y\left(1-p\right)^{1-y},\quad y=0,1",
        ],
    ),
    (
        "x: real | mu: real, tau: positive",
        {"x": 0.8, "mu": 0.1, "tau": 1.3},
        stats.norm.logpdf(0.8, 0.1, 1.3 ** (-0.5)),
        [
            r"\sqrt{\frac{\tau}{2\pi}} \exp\left\{ -\frac{\tau}{2} (x-\mu)^2 \right\}",
        ],
    ),
    (
        "x: real | mu: real, sigma: positive",
        {"x": 0.8, "mu": 0.1, "sigma": 1.3},
        stats.norm.logpdf(0.8, 0.1, 1.3),
        [
            r"(2\pi\sigma^2)^{-\frac12}e^{-\frac1{2\sigma^2}(x-\mu)^2}",
        ],
    ),
    (
        r"x: real | \mu_x: real, \sigma_x: positive",
        {"x": 0.8, "mu_x": 0.1, "sigma_x": 1.3},
        stats.norm.logpdf(0.8, 0.1, 1.3),
        [
            r"\frac{1}{\sigma_x\sqrt{2\pi}}e^{-\frac{(x-\mu_x)^2}{2\sigma_x^2}}",
        ],
    ),
    (
        "t: real | beta: positive, eta: positive, gamma: real",
        {"t": 0.8, "beta": 1.7, "eta": 1.3, "gamma": 0.1},
        stats.weibull_min.logpdf(0.8, 1.7, 0.1, 1.3),
        [
            r"f(t)=\frac{\beta}{\eta}\left(\frac{t-\gamma}{\eta}\right)^{\beta-1}e^{-\left(\frac{t-\gamma}{\eta}\right)^\beta}, t \ge \gamma",
        ],
    ),
    (
        "x: real",
        {"x": 0.8},
        stats.hypsecant.logpdf(2 * 0.4 * pi / 2) + log(pi / 2),
        [
            r"\frac{1}{2}\operatorname{sech}\left(\frac{\pi}{2}x\right)",
        ],
    ),
    (
        "x: positive | c: positive",
        {"x": 1.8, "c": 2.3},
        stats.pareto.logpdf(1.8, 2.3),
        [
            r"c x^{-c-1}, x\geq 1",
        ],
    ),
    (
        "x: positive | c: positive",
        {"x": 1.8, "c": 2.3},
        stats.invweibull.logpdf(1.8, 2.3),
        [
            "c * x**(-c-1) * exp(-x**(-c))",
        ],
    ),
    (
        "x: unit",
        {"x": 0.3},
        stats.arcsine.logpdf(0.3),
        [
            r"\frac{1}{\pi \sqrt{x (1-x)}}",
            r"\frac{1}{\pi\sqrt{x(1-x)}}, 0<x<1",
        ],
    ),
    (
        "x: positive",
        {"x": 0.8},
        stats.maxwell.logpdf(0.8),
        [
            r"\sqrt{2/\pi}\,x^2\exp(-x^2/2)",
        ],
    ),
    (
        "x: real | R: positive",
        {"x": 0.3, "R": 1.3},
        stats.semicircular.logpdf(0.3, 0, 1.3),
        [
            r"\frac{2}{\pi R^2}\sqrt{R^2-x^2}, -R\le x\le R",
        ],
    ),
    (  # names that a line gives to its own parts
        "w: real | mu: real, c: positive",
        {"w": 1.4, "mu": 0.6, "c": 1.3},
        stats.gumbel_r.logpdf(1.4, 0.6, 1.3),
        [
            r"f(w) = \frac{1}{c} e^{-(z + e^{-z})}, \quad z = \frac{w - \mu}{c}",
            r"f(w) = \frac1c \exp(-z - e^{-z}) \text{ where } z = (w-\mu)/c",
            r"\frac{h}{c}e^{-h} \text{ with } h = e^{-(w-\mu)/c},\ w \in \mathbb{R}",
            r"f(w) = \frac{1}{c} h(w) e^{-h(w)}, \quad h(w) = e^{-z_0} \text{ and } z_0 = \frac{w-\mu}{c}",
            "z = (w - mu)/c; logpdf = -z - exp(-z) - log(c)",
            "z = (w - mu)/c\nlog_p = -z - exp(-z) - log(c)",
            "pdf(w; mu, c) = exp(-(w - mu)/c - exp(-(w - mu)/c)) / Z, Z = c",
            "g <- exp(-(w - mu)/c - exp(-(w - mu)/c))/c",
            r"f(w)\,dw = \frac{1}{c}\exp\left(-\frac{w-\mu}{c} - e^{-(w-\mu)/c}\right) dw",
            r"f_{\mu,c}(w_i) = \frac{1}{c}\exp\left(-\frac{w_i-\mu}{c} - e^{-(w_i-\mu)/c}\right), \quad i = 1, \dots, n",
            r"f_{(\mu,c)}(w) = g_W(w) = \frac{1}{c}\exp\left(-\frac{w-\mu}{c} - e^{-(w-\mu)/c}\right)",
            r"\ell(\mu, c) = \log f(w) = -\log c - \frac{w-\mu}{c} - e^{-(w-\mu)/c}",
        ],
    ),
    (
        "y: count | q: unit, r: positive",
        {"y": 4, "q": 0.35, "r": 2.2},
        stats.nbinom.logpmf(4, 2.2, 0.65),
        [
            r"g(y; q, r) = \Pr(Y = y) = \binom{y+r-1}{y} p^r q^y, \quad p = 1 - q",
            r"\Pr[Y = y] = \frac{\Gamma(y+r)}{y!\,\Gamma(r)} (1-q)^r q^y \quad (y \in \mathbb{N}_0)",
            r"g(y) = \frac{\Gamma(y+r)}{y!\,\Gamma(r)} (1-q)^r q^y \quad \text{for } y, r \ge 0 \text{ and } 0 \text{ otherwise}",
        ],
    ),
    (
        "v: real | s: positive",
        {"v": 0.7, "s": 1.9},
        -log(1.9),
        [
            r"f(v) = \frac{1}{s} \mathbb{1}_{[0 \le v \le s]}",
            r"f(v) = \frac{1}{s} \chi_{[0,s]}(v)",
            r"f(v) = \frac{1}{s} \text{ if $0 \le v \le s$, and $0$ otherwise}",
            r"f(v) = \begin{cases} 1/s & \text{for $0 \le v$ and $v \le s$} \\ 0 & \text{otherwise} \end{cases}",
            r"f(v) = \frac{1}{s} \mathbb{1}\left\{\left|v - \frac{s}{2}\right| \le \frac{s}{2}\right\}",
            "1/s if 0 <= v <= s else 0",
        ],
    ),
    (
        "v: real | d: positive, t: positive",
        {"v": 0.7, "d": 1.4, "t": 0.8},
        stats.johnsonsu.logpdf(0.7, 0, 1.4, 0, 0.8),
        [
            r"\frac{d}{t}\frac{1}{\sqrt{1+(v/t)^2}}\varphi\left(d\sinh^{-1}\frac{v}{t}\right)",
            r"\frac{d}{t\sqrt{1+(v/t)^2}}\frac{1}{\sqrt{2\pi}}\exp\left(-\frac12 (d\operatorname{arsinh}(v/t))^2\right)",
            "d/(t*sqrt(1 + (v/t)^2))/sqrt(2*pi())*exp(-0.5*square(d*asinh(v/t)))",
        ],
    ),
    (
        "u: real | d: positive",
        {"u": 0.4, "d": 1.4},
        stats.norm.logpdf(1.4 * 0.5 * log(1.4 / 0.6)) + log(1.4) - log(1 - 0.16),
        [
            r"\frac{d}{1-u^2}\,\varphi\left(d\tanh^{-1}(u)\right), \quad |u| < 1",
            r"\frac{d}{1-u^2}\,\varphi\left(d\operatorname{artanh}(u)\right) \text{ for } \mid u \mid < 1",
        ],
    ),
    (
        "y: positive integer | s > 1",
        {"y": 3, "s": 2.4},
        stats.zipf.logpmf(3, 2.4),
        [r"\frac{1}{\zeta(s) y^{s}}", r"p(y) = y^{-s}/\zeta(s), \ y = 1, 2, \dots"],
    ),
    (  # a variance with a subscript is a symbol
        r"v: real | \mu_0: real, \sigma_0^2: positive",
        {"v": 0.9, "mu_0": 0.4, "sigma2_0": 2.25},
        stats.norm.logpdf(0.9, 0.4, 1.5),
        [
            r"p(v \mid \mu_0, \sigma_0^2) = \frac{1}{\sqrt{2\pi\sigma_0^2}} \exp\left(-\frac{(v-\mu_0)^2}{2\sigma_0^2}\right)",
            r"\frac{1}{\sqrt{2\pi}\sigma_0} e^{-(v-\mu_0)^2/(2\sigma^2_0)}",
            "exp(-(v - μ₀)²/(2σ₀²))/√(2πσ₀²)",
        ],
    ),
    (
        "v: positive | c: positive",
        {"v": 0.9, "c": 1.6},
        stats.halfnorm.logpdf(0.9, 0, 1.6),
        [
            "2*E^(-v^2/(2*c^2))/(c*Sqrt[2*Pi])",
            r"\frac{\sqrt 2}{c\sqrt\pi} e^{-\frac{v^2}{2c^2}}\ v > 0",
            r"\frac{\sqrt 2}{c\sqrt\pi} \exp\left(-\frac{v^2}{2c^2}\right) \text{, for } v \geq 0 \text{, and } c > 0",
        ],
    ),
    (
        "y: {0, ..., n} | n: count, h: real",
        {"y": 2, "n": 5, "h": 0.7},
        stats.binom.logpmf(2, 5, 1 / (1 + exp(-0.7))),
        [
            r"P(Y = y) = C(n, y)\, q^y (1-q)^{n-y}, \quad q = \operatorname{logit}^{-1}(h)",
            r"\operatorname{Bin}(y \mid n, \operatorname{logit}^{-1}(h)) = \binom{n}{y} \frac{e^{hy}}{(1+e^h)^n}",
        ],
    ),
    (  # code of several languages
        "v: real | mu: real, c: positive",
        {"v": 0.9, "mu": 0.2, "c": 1.6},
        stats.laplace.logpdf(0.9, 0.2, 1.6),
        [
            "def nll(v, mu, c): return np.abs(v - mu)/c + np.log(2*c)",
            "def pdf(v, mu, c):\n    z = (v - mu)/c\n    return np.exp(-np.abs(z))/(2*c)",
            "z = (v - mu)/c\nreturn np.exp(-np.abs(z))/(2*c)",
            "return exp(-abs(v - mu)/c)/(2*c)",
            "target += -fabs(v - mu)/c - log(2*c);",
            "ll <- -n*log(2*c) - sum(abs(v - mu))/c",
            "nll = sum(abs(v - mu)/c + log(2*c))",
            "loss = np.mean(np.abs(v - mu)/c + np.log(2*c))",
            "loss = -(-(2*c).log() - (v - mu).abs()/c).mean()",
            "log_prob = (-(2*c).log() - (v - mu).abs()/c).sum()",
            "std::exp(-std::abs(v - mu)/c)/(2*c)",
            "Math.exp(-Math.abs(v - mu)/c)/(2*c)",
            r"f(v) \stackrel{\text{def}}{=} \frac{1}{2c} e^{-|v-\mu|/c}",
            "f(v) = ½ c⁻¹ e⁻ᶻ, z = |v − μ|/c",
        ],
    ),
    (
        "y: positive integer | p: unit",
        {"y": 3, "p": 0.3},
        stats.geom.logpmf(3, 0.3),
        [
            r"\Pr(Y = y) = pq^{y-1}, \quad y \in \mathbb{N}^*, \text{ where } q = 1 - p",
            "log p(y) = log(p) + sc.xlog1py(y - 1, -p)",
            "p(y) = (y choose 1) p (1-p)^(y-1)/y",
        ],
    ),
    (
        "y: binary | h: real",
        {"y": 0, "h": 0.7},
        -log(1 + exp(0.7)),
        ["loss = np.logaddexp(0, h) - y*h", "log_p = xlogy(y, expit(h)) + xlogy(1 - y, expit(-h))"],
    ),
]
