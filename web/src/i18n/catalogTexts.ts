import type { Locale } from './words';

/**
 * What the catalog that the program brings says of tiers and features, by its English words. An operator who writes
 * something else there is shown as written: it is in the language of their members.
 */
export const CATALOG_TEXTS: Partial<Record<Locale, Record<string, string>>> = {
  es: {
    'Join the community, share up to ten projects, and try the AI.':
      'Únete a la comunidad, comparte hasta diez proyectos y prueba la IA.',
    'Unlimited and private projects, pair sessions, and an AI that works alongside you.':
      'Proyectos ilimitados y privados, sesiones en pareja y una IA que trabaja contigo.',
    'Everything in Community Pro, and more than a thousand premium courses with certificates.':
      'Todo lo de Community Pro y más de mil cursos prémium con certificado.',
    'Sell digital products, courses and mentorship. By invitation.':
      'Vende productos digitales, cursos y mentoría. Por invitación.',
    Projects: 'Proyectos',
    'Up to 10': 'Hasta 10',
    Unlimited: 'Ilimitados',
    'All community features': 'Todas las funciones de la comunidad',
    'Basic gamification': 'Gamificación básica',
    'Marketplace: view': 'Mercado: ver',
    'Custom profile designs': 'Diseños de perfil propios',
    'Private projects': 'Proyectos privados',
    'Pair sessions': 'Sesiones en pareja',
    'Deep reviews': 'Revisiones a fondo',
    'AI proactive agents': 'Agentes de IA proactivos',
    'Analytics: profile views and engagement': 'Analítica: visitas al perfil e interacción',
    'Priority support': 'Atención prioritaria',
    'Go1 premium courses (1000+)': 'Cursos prémium de Go1 (más de 1000)',
    'Advanced AI course recommendations': 'Recomendaciones avanzadas de cursos con IA',
    'Completion certificates': 'Certificados de finalización',
    'Advanced analytics': 'Analítica avanzada',
    'Follower insights': 'Información sobre tus seguidores',
    'Marketplace: buy mentorship sessions': 'Mercado: comprar sesiones de mentoría',
    'Marketplace: sell products, courses and mentorship': 'Mercado: vender productos, cursos y mentoría',
  },
};
